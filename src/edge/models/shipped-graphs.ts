/** Compiled graphs that are deployed with the Worker, as static assets beside the models. */
import { sha256Hex } from '../../core/digest.ts';
import { messageOf } from '../../core/errors.ts';
import type { GraphStore, StoredGraph } from '../../core/plan/stored-graph.ts';
import { unpack } from '../../protocol/packed.ts';
import { unseal } from '../../protocol/sealed.ts';
import type { Log } from '../observe/log.ts';
import type { Assets } from './assets.ts';

/** Folder of the graphs among the static assets. */
export const GRAPH_FOLDER = 'graphs';

/** Everything that the bytes of a graph depend on. */
export interface GraphIdentity {
  /** Build of the compiler. */
  readonly compiler: string;
  /** Version of the engine whose optimisers made the graph. */
  readonly engine: string;
  /** Name of the graph: digest of the model, and variant. */
  readonly key: string;
}

/** Returns the name of a graph's file: a SHA-256 of its identity, in hex. */
export const shippedGraphName = ({ compiler, engine, key }: GraphIdentity): Promise<string> =>
  sha256Hex(new TextEncoder().encode(JSON.stringify([compiler, engine, key])));

export interface ShippedGraphsOptions extends Omit<GraphIdentity, 'key'> {
  readonly assets: Assets;
  /** Tells if a model is deployed with the Worker, by its digest: only these have graphs among the assets. */
  readonly isShipped: (digest: string) => boolean;
  /** Store of every other graph. */
  readonly others: GraphStore;
  readonly log: Log;
}

/** Makes a store that looks among the static assets first. A file that is damaged counts as absent, and is logged. */
export function shippedGraphs({ assets, compiler, engine, isShipped, others, log }: ShippedGraphsOptions): GraphStore {
  const shipped = async (key: string): Promise<StoredGraph | undefined> => {
    const name = await shippedGraphName({ compiler, engine, key });
    const response = await assets.fetch(new URL(`/${GRAPH_FOLDER}/${name}`, 'https://assets.invalid').href);
    if (!response.ok) {
      await response.body?.cancel();
      return undefined;
    }
    const bytes = await unseal(name, new Uint8Array(await response.arrayBuffer()));
    const graph = bytes && unpack<StoredGraph>(bytes);
    if (!graph) log('warn', 'a compiled graph among the static assets is damaged', { graph: name });
    return graph;
  };
  return {
    async get(key, waitUntil) {
      const [digest = ''] = key.split('/', 1);
      const found = isShipped(digest)
        ? await shipped(key).catch((error: unknown) =>
            log('warn', 'a compiled graph among the static assets cannot be read', { reason: messageOf(error) }),
          )
        : undefined;
      return found ?? others.get(key, waitUntil);
    },
    put: (key, graph, waitUntil) => others.put(key, graph, waitUntil),
  };
}
