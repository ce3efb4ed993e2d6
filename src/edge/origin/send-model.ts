/** Sends an origin the files of an uploaded model. */
import { WhylightError } from '../../core/errors.ts';
import type { ModelBundle } from '../models/model-bundle.ts';
import type { OriginConnection } from './origin-client.ts';
import { filePath } from './origin-request.ts';
import { problemIn, refused } from './refusal.ts';

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
