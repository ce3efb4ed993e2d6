/** Files of jobs in an R2 bucket, each with a checksum. */
import { WhylightError } from '../../core/errors.ts';
import { seal, unseal } from '../../protocol/sealed.ts';
import type { JobFiles } from './files.ts';

export const r2JobFiles = (bucket: R2Bucket): JobFiles => ({
  async put(key, bytes) {
    await bucket.put(key, await seal(key, bytes));
  },
  async get(key) {
    // One that cannot be read to its end is asked for again: that may pass.
    const sealed = await bytesOf(bucket, key).catch(() => bytesOf(bucket, key).catch(damaged));
    if (!sealed) return undefined;
    return (await unseal(key, sealed)) ?? damaged();
  },
  remove: (keys) => bucket.delete([...keys]),
  async below(prefix) {
    const { delimitedPrefixes } = await bucket.list({ prefix, delimiter: '/' });
    return delimitedPrefixes.map((path) => path.slice(prefix.length, -1));
  },
  async names(prefix, { limit, after }) {
    const startAfter = after === undefined ? {} : { startAfter: `${prefix}${after}` };
    const { objects, truncated } = await bucket.list({ prefix, limit, ...startAfter });
    return { names: objects.map(({ key }) => key.slice(prefix.length)), more: truncated };
  },
  async removeBelow(prefix) {
    // A job has fewer files than one page of a listing.
    const { objects } = await bucket.list({ prefix });
    if (objects.length > 0) await bucket.delete(objects.map(({ key }) => key));
  },
});

async function bytesOf(bucket: R2Bucket, key: string): Promise<Uint8Array | undefined> {
  const object = await bucket.get(key);
  return object ? new Uint8Array(await object.arrayBuffer()) : undefined;
}

function damaged(cause?: unknown): never {
  const message = 'The stored files of the job are cut off or changed: submit the job again.';
  throw new WhylightError('storage_damaged', message, {}, { cause });
}
