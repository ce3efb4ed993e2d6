/** Files of jobs in an R2 bucket, each with a checksum. */
import { seal, unseal } from '../../protocol/sealed.ts';
import type { JobFiles } from './files.ts';

export const r2JobFiles = (bucket: R2Bucket): JobFiles => ({
  async put(key, bytes) {
    await bucket.put(key, await seal(key, bytes));
  },
  async get(key) {
    const object = await bucket.get(key);
    return object ? unseal(key, new Uint8Array(await object.arrayBuffer())) : undefined;
  },
  remove: (keys) => bucket.delete([...keys]),
  async below(prefix) {
    const { delimitedPrefixes } = await bucket.list({ prefix, delimiter: '/' });
    return delimitedPrefixes.map((path) => path.slice(prefix.length, -1));
  },
  async removeBelow(prefix) {
    // A job has fewer files than one page of a listing.
    const { objects } = await bucket.list({ prefix });
    if (objects.length > 0) await bucket.delete(objects.map(({ key }) => key));
  },
});
