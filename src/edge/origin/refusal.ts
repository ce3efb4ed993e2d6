/** Refusals of an origin: their problems, and the errors of the edge for them. */
import { WhylightError } from '../../core/errors.ts';

/** Members of a problem that are read here; each may be missing. */
export interface Refusal {
  readonly code?: unknown;
  readonly detail?: unknown;
  /** SHA-256 of the files that the origin lacks. */
  readonly missing?: unknown;
}

/** Reads the problem of a refusal; empty when the body is not JSON. */
export async function problemIn(response: Response): Promise<Refusal> {
  try {
    const problem: unknown = await response.json();
    return typeof problem === 'object' && problem !== null ? problem : {};
  } catch {
    // A proxy between edge and origin may answer with a page.
    return {};
  }
}

/** Makes the error for a refusal. Its text is for operators as much as for clients. */
export function refused({ status }: Response, { code, detail }: Refusal): WhylightError {
  const reason =
    typeof detail === 'string' && code !== 'unauthorized'
      ? detail
      : 'Do edge and origin share their secret and version?';
  return new WhylightError('origin_error', `The origin answered ${status}. ${reason}`, { status });
}

/**
 * Makes the error for an origin that takes nothing now. It has the origin's reason, such as a full disk, which its operator
 * has to mend.
 * @param seconds time after which to try again
 */
export async function overloaded(response: Response, seconds: number): Promise<WhylightError> {
  const { code, detail } = await problemIn(response);
  const reason = code === 'overloaded' && typeof detail === 'string' ? ` ${detail}` : '';
  return new WhylightError('origin_unavailable', `The origin is overloaded.${reason}`, { retry_after: seconds });
}
