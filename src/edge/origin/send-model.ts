/** Sends an origin the files of an uploaded model that it asks for, and reads why it refuses what it refuses. */
import { WhylightError } from '../../core/errors.ts';
import type { Parcel } from '../models/model-bundle.ts';
import type { Correspondent } from './origin-client.ts';
import { filePath } from './origin-request.ts';

/** What of a problem is read here; nothing of it is certain to be there. */
export interface Refusal {
  readonly code?: unknown;
  readonly detail?: unknown;
  /** SHA-256 of the files that the origin lacks. */
  readonly missing?: unknown;
}

/**
 * Streams each file from its store to the origin, one after the other.
 * @throws WhylightError `origin_error` when the origin asks for what is no part of the model, or does not take it
 */
export async function sendMissing(missing: unknown, parcel: Parcel, origin: Correspondent): Promise<void> {
  const known = new Set(Object.values(parcel.files));
  const wanted = Array.isArray(missing) ? missing.filter((sha256): sha256 is string => known.has(sha256)) : [];
  if (wanted.length === 0) {
    throw new WhylightError('origin_error', 'The origin asks for files that are not of the model.', { status: 409 });
  }
  for (const sha256 of wanted) {
    const response = await origin.put(filePath(sha256), sha256, await parcel.open(sha256));
    if (!response.ok) throw refused(response, await problemIn(response));
    await response.body?.cancel();
  }
}

export async function problemIn(response: Response): Promise<Refusal> {
  try {
    const problem: unknown = await response.json();
    return typeof problem === 'object' && problem !== null ? problem : {};
  } catch {
    // Whatever stands between edge and origin may answer with a page.
    return {};
  }
}

/** The origin is well, and does not do this. What it says is for operators as much as for clients. */
export function refused({ status }: Response, { code, detail }: Refusal): WhylightError {
  const reason =
    typeof detail === 'string' && code !== 'unauthorized'
      ? detail
      : 'Do edge and origin share their secret and version?';
  return new WhylightError('origin_error', `The origin answered ${status}. ${reason}`, { status });
}
