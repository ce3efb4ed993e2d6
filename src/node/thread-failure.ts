/** Errors between threads: they travel as their parts, since a copy of an error does not know its class. */
import { type ErrorCode, WhylightError } from '../core/errors.ts';

export type Failure = Pick<WhylightError, 'code' | 'message' | 'details'>;

/**
 * Takes an error apart.
 * @param fallback code of an error that is not of this project
 */
export function failureOf(error: unknown, fallback: ErrorCode): Failure {
  if (WhylightError.is(error)) return { code: error.code, message: error.message, details: error.details };
  return { code: fallback, message: String((error as Error)?.message ?? error), details: {} };
}

/** Makes the error again. */
export const errorOf = ({ code, message, details }: Failure): WhylightError =>
  new WhylightError(code, message, details);
