/** Sealed stores of Workers. */
import { PAGE, type SealedStore } from './sealed-store.ts';

/** Cached answers and compiled graphs in Workers KV. */
export const kvStore = (kv: Pick<KVNamespace, 'get' | 'list'>): SealedStore => ({
  async list(cursor) {
    const page = await kv.list({ limit: PAGE, ...(cursor !== undefined && { cursor }) });
    return { keys: page.keys.map(({ name }) => name), ...(!page.list_complete && { cursor: page.cursor }) };
  },
  async read(key) {
    const value = await kv.get(key, 'arrayBuffer');
    return value === null ? undefined : new Uint8Array(value);
  },
});

/** Questions and results of jobs in an R2 bucket. */
export const r2Store = (bucket: R2Bucket): SealedStore => ({
  async list(cursor) {
    const page = await bucket.list({ limit: PAGE, ...(cursor !== undefined && { cursor }) });
    return { keys: page.objects.map(({ key }) => key), ...(page.truncated && { cursor: page.cursor }) };
  },
  async read(key) {
    const object = await bucket.get(key);
    return object ? new Uint8Array(await object.arrayBuffer()) : undefined;
  },
});
