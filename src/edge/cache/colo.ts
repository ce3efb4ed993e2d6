/** The Cache API as a tier: local to one location, fast, and free to evict at any time. */
import type { Tier } from './tiers.ts';

/** The used part of `Cache`. */
export interface ResponseCache {
  match(url: string): Promise<Response | undefined>;
  put(url: string, response: Response): Promise<unknown>;
}

const COMPUTED_AT = 'X-Computed-At';

/**
 * Makes the tier.
 * @param open opens the cache; called within requests only, as Workers demand
 */
export const coloTier = (open: () => Promise<ResponseCache>): Tier => ({
  name: 'colo',
  async get(key) {
    const response = await (await open()).match(urlOf(key));
    if (!response) return undefined;
    const at = Number(response.headers.get(COMPUTED_AT)) || 0;
    return { value: new Uint8Array(await response.arrayBuffer()), at };
  },
  async put(key, { value, at }, seconds) {
    const headers = { 'Cache-Control': `max-age=${seconds}`, [COMPUTED_AT]: String(at) };
    await (await open()).put(urlOf(key), new Response(value as Uint8Array<ArrayBuffer>, { headers }));
  },
});

/** The Cache API is keyed by URL; no request is ever sent to this one. */
const urlOf = (key: string): string => `https://answers.whylight.invalid/${key}`;
