/** The Cache API: the memory of one location. It is quick, and forgets whenever it likes. */
import type { Tier } from './tiers.ts';

/** The part of a cache that is used. */
export interface ResponseCache {
  match(url: string): Promise<Response | undefined>;
  put(url: string, response: Response): Promise<unknown>;
}

const COMPUTED_AT = 'X-Computed-At';

/** @param open the cache: a binding that may only be touched within a request */
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

/** A cache keeps answers by their address; no request ever goes to this one. */
const urlOf = (key: string): string => `https://answers.whylight.invalid/${key}`;
