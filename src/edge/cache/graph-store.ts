/** Compiled graphs in the cache of answers: sealed, near the client, and shared by all locations. */
import { sha256Hex } from '../../core/digest.ts';
import { messageOf } from '../../core/errors.ts';
import type { GraphStore, StoredGraph } from '../../core/plan/stored-graph.ts';
import { pack, unpack } from '../../protocol/packed.ts';
import type { Log } from '../observe/log.ts';
import type { ResultCache } from './result-cache.ts';

/** Graphs that nobody has asked for in 30 days are compiled anew. */
const SECONDS = 30 * 24 * 60 * 60;

/**
 * Makes the store. A graph is known by a digest of the model, the variant and the compiler.
 * @param compiler digest of the compiler's source: another compiler may write other graphs
 */
export function graphStore({
  cache,
  compiler,
  log,
}: {
  readonly cache: ResultCache;
  readonly compiler: string;
  readonly log: Log;
}): GraphStore {
  const nameOf = async (key: string): Promise<string> =>
    `graph-${await sha256Hex(new TextEncoder().encode(`${compiler} ${key}`))}`;
  const failed = (message: string) => (error: unknown) => log('warn', message, { reason: messageOf(error) });
  return {
    async get(key, waitUntil) {
      const name = await nameOf(key);
      const bytes = await cache
        .get(name, { seconds: SECONDS, waitUntil })
        .catch(failed('the store of compiled graphs cannot be read'));
      return bytes ? unpack<StoredGraph>(bytes) : undefined;
    },
    async put(key, graph, waitUntil) {
      const name = await nameOf(key);
      await cache
        .put(name, pack(graph), { seconds: SECONDS, waitUntil })
        .catch(failed('the store of compiled graphs cannot be written'));
    },
  };
}
