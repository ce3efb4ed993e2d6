/** Errors of the operating system (ENOENT, ECONNREFUSED, ...) in words. */
import { getSystemErrorMap } from 'node:util';

interface SystemError extends Error {
  readonly code: string;
  readonly errno: number;
  readonly address?: string;
  readonly port?: number;
  readonly syscall?: string;
  readonly path?: string;
}

/** Reason of a failed call such as "no such file or directory"; the error's own message for other errors. */
export function reasonOf(error: unknown): string {
  if (isSystemError(error)) return getSystemErrorMap().get(error.errno)?.[1] ?? error.message;
  return error instanceof Error ? error.message : String(error);
}

/**
 * Sentence about the system error in an error or its causes, with the address or path that it concerns; undefined where
 * there is none. `fetch` hides a refused connection in the cause of "fetch failed".
 */
export function systemErrorText(error: unknown): string | undefined {
  if (error instanceof AggregateError) return systemErrorText(error.errors[0]);
  if (!isSystemError(error)) return error instanceof Error ? systemErrorText(error.cause) : undefined;
  const { syscall, address, port, path } = error;
  const reason = reasonOf(error);
  const place = port === undefined ? address : `${address}:${port}`;
  if (syscall === 'listen') return `Cannot listen on ${place}: ${reason}.`;
  if (syscall === 'connect') return `Cannot connect to ${place}: ${reason}.`;
  return path === undefined ? `${error.message}.` : `Cannot access ${path}: ${reason}.`;
}

function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && 'errno' in error && typeof error.errno === 'number' && 'code' in error;
}
