/** Workers KV as a tier: shared by all locations, eventually consistent, at most 25 MiB a value. */
import type { Tier } from './tiers.ts';

/** The used part of a KV namespace. */
export interface KeyValueNamespace {
  getWithMetadata(
    key: string,
    type: 'arrayBuffer',
  ): Promise<{ readonly value: ArrayBuffer | null; readonly metadata: unknown }>;
  put(
    key: string,
    value: Uint8Array,
    options: { expirationTtl: number; metadata: { readonly at: number; readonly owner?: string } },
  ): Promise<void>;
}

const MAX_VALUE = 25 * 2 ** 20;

export const kvTier = (kv: KeyValueNamespace): Tier => ({
  name: 'kv',
  async get(key) {
    const { value, metadata } = await kv.getWithMetadata(key, 'arrayBuffer');
    if (value === null) return undefined;
    return { value: new Uint8Array(value), at: Number((metadata as { at?: unknown } | null)?.at) || 0 };
  },
  async put(key, { value, at, owner }, seconds) {
    if (value.byteLength > MAX_VALUE) return;
    await kv.put(key, value, { expirationTtl: seconds, metadata: { at, ...(owner !== undefined && { owner }) } });
  },
});
