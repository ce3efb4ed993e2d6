/** Errors of methods. A method is third-party code: an unexpected error becomes `method_failed`. */
import { type ErrorCode, WhylightError } from '../errors.ts';
import type { Method } from '../method/contract.ts';
import { thrownText } from '../thrown-text.ts';

/** Codes that describe a request or its run; a method may raise them. Any other code belongs to the host. */
const RUN_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'invalid_request',
  'invalid_tensor',
  'invalid_image',
  'invalid_model',
  'invalid_config',
  'method_not_enabled',
  'storage_damaged',
  'model_not_found',
  'method_not_found',
  'layer_not_found',
  'label_not_found',
  'model_needed',
  'payload_too_large',
  'unprocessable_method',
  'budget_exceeded',
  'overloaded',
  'not_differentiable',
  'unsupported_operator',
  'method_failed',
  'deadline_exceeded',
  'aborted',
  'origin_unavailable',
  'origin_timeout',
  'origin_error',
  'engine_failure',
]);

/** Upper bound on messages that are passed on, above every message of whylight itself. */
const MAX_MESSAGE_CHARS = 2000;

/**
 * Calls a method.
 * @throws WhylightError `method_failed` for an unexpected error, which is its cause; its text is for logs, not clients.
 */
export function guarded<T>(method: Method, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw failure(method, error);
  }
}

/** Like {@link guarded}, for a method that returns a promise. */
export async function guardedAsync<T>(method: Method, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw failure(method, error);
  }
}

function failure(method: Method, error: unknown): unknown {
  if (WhylightError.is(error) && RUN_CODES.has(error.code) && error.message.length <= MAX_MESSAGE_CHARS) return error;
  const cause = error instanceof Error ? error : new TypeError(`It threw ${thrownText(error)}, which is no Error.`);
  return new WhylightError('method_failed', `Method "${method.id}" failed.`, { method: method.id }, { cause });
}
