/** Sends an origin the files of an uploaded model, and reads its refusals. */
import { WhylightError } from '../../core/errors.ts';
import type { ModelBundle } from '../models/model-bundle.ts';
import type { OriginConnection } from './origin-client.ts';
import { filePath } from './origin-request.ts';

/** Members of a problem that are read here; each may be missing. */
export interface Refusal {
  readonly code?: unknown;
  readonly detail?: unknown;
  /** SHA-256 of the files that the origin lacks. */
  readonly missing?: unknown;
}

/**
 * Streams each file from its store to the origin, one after the other.
 * @throws WhylightError `origin_error` when the origin asks for files that are not of the model, or refuses one
 */
export async function sendMissing(missing: unknown, bundle: ModelBundle, origin: OriginConnection): Promise<void> {
  const known = new Set(Object.values(bundle.files));
  const wanted = Array.isArray(missing) ? missing.filter((sha256): sha256 is string => known.has(sha256)) : [];
  if (wanted.length === 0) {
    throw new WhylightError('origin_error', 'The origin asks for files that do not belong to the model.', {
      status: 409,
    });
  }
  for (const sha256 of wanted) {
    const response = await origin.put(filePath(sha256), sha256, await bundle.open(sha256));
    if (!response.ok) throw refused(response, await problemIn(response));
    await response.body?.cancel();
  }
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
