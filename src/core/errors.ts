/**
 * Errors that whylight raises on purpose.
 *
 * The message says what was wrong, what was expected and what to do. `details` holds the same facts for machines
 * (the allowed values, the offending names); nothing secret belongs in either.
 */

/** Error codes with their meanings. Their HTTP statuses are in `src/edge`. */
export const ERROR_CODES = {
  invalid_request: 'The request or a parameter does not fit its schema.',
  invalid_tensor: 'A tensor has the wrong shape, type or size, or holds NaN or infinity.',
  invalid_image: 'The bytes are not an image that can be decoded.',
  invalid_model: 'The bytes are not an ONNX model that can be read.',
  invalid_config: 'plugins.config.json, a manifest or an option is invalid.',
  unsupported_media_type: 'The content type, or the kind of image, is not supported.',
  not_acceptable: 'None of the accepted content types can be produced.',
  not_found: 'No resource exists at this path.',
  method_not_allowed: 'The path exists, but not for this HTTP method.',
  unauthorized: 'The request needs a valid key.',
  forbidden: 'The key is valid, but lacks the permission.',
  method_not_enabled: 'The saliency method exists, but this tenant may not use it.',
  model_not_found: 'No model has this name.',
  method_not_found: 'No saliency method has this name.',
  model_damaged: 'A file of the model is missing from its store, cut off or changed.',
  storage_damaged: 'A stored question, result or file of the tenant is missing, cut off or changed.',
  layer_not_found: 'The model has no tensor of this name.',
  model_needed: 'The server does not hold the files of the model yet.',
  label_not_found: 'The model has no class of this name or index.',
  range_not_satisfiable: 'The file has no byte of the range that was asked for.',
  payload_too_large: 'The body, the image or the tensor is over the limit.',
  unprocessable_method: 'The method does not apply to this model or input.',
  budget_exceeded: 'The run would cost more than is allowed.',
  compilation_limit: 'Compiling the graph would take more nodes, constants, work or time than is allowed.',
  precondition_failed: 'The resource has changed since it was read, or the request has no precondition.',
  conflict: 'The request conflicts with an existing resource.',
  overloaded: 'The server is overloaded.',
  rate_limited: 'Too many requests.',
  not_differentiable: 'The model has operators without a differentiation rule.',
  unsupported_operator: 'The engine does not support an operator of the model.',
  method_failed: 'The saliency method raised an error or returned an invalid attribution.',
  deadline_exceeded: 'The deadline passed before the result was ready.',
  request_timeout: 'The body of the request did not arrive in time.',
  aborted: 'The caller cancelled the request, or left before its body had arrived.',
  origin_unavailable: 'No healthy origin is available.',
  origin_timeout: 'The origin did not respond in time.',
  origin_error: 'The origin returned an error or an invalid response.',
  engine_failure: 'The inference engine failed.',
  internal: 'Internal server error.',
} as const;

/** Code of a {@link WhylightError}: a key of {@link ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** Codes of failures that pass by themselves: the same request may succeed later. */
export const PASSING_CODES: ReadonlySet<ErrorCode> = new Set([
  'overloaded',
  'rate_limited',
  'deadline_exceeded',
  'origin_unavailable',
  'origin_timeout',
  'origin_error',
] satisfies ErrorCode[]);

const BRAND = Symbol.for('whylight.error');

/**
 * Error that whylight raises on purpose. `message` says what was wrong, what was expected and what to do; `details`
 * holds the same facts for programs.
 *
 * @example
 * import { WhylightError } from 'whylight';
 * const explanation = await explainer.explain(model, request).catch((error: unknown) => {
 *   if (WhylightError.is(error, 'not_differentiable')) return explainer.explain(model, { ...request, method: 'rise' });
 *   throw error;
 * });
 */
export class WhylightError extends Error {
  override readonly name = 'WhylightError';
  readonly [BRAND] = true;
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.code = code;
    this.details = details;
  }

  /** True for a WhylightError of any copy of this package (`instanceof` fails across copies). */
  static is(error: unknown, code?: ErrorCode): error is WhylightError {
    return error instanceof Error && BRAND in error && (code === undefined || (error as WhylightError).code === code);
  }
}

/** Returns the text of a thrown value, which may be anything. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Quotes a name from outside for a message, cut to 80 characters. */
export const quoted = (name: string): string => JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}...` : name);

/** Returns the candidates most similar to `name`, best first, for "did you mean" in error messages. */
export function nearest(name: string, candidates: Iterable<string>, most = 3): string[] {
  const wanted = name.toLowerCase();
  const farthest = ({ length }: string) => Math.max(2, Math.ceil(length / 2));
  return (
    [...candidates]
      // Never compared letter by letter: what is so much longer or shorter, and may have any length.
      .filter((candidate) => Math.abs(candidate.length - wanted.length) <= farthest(candidate))
      .map((candidate) => ({ candidate, distance: editDistance(wanted, candidate.toLowerCase()) }))
      .filter(({ candidate, distance }) => distance <= farthest(candidate))
      .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
      .slice(0, most)
      .map(({ candidate }) => candidate)
  );
}

/** Levenshtein distance, one row of the table at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
