/** Compiled graphs that outlive the process: what is kept of one, and how it becomes the file again, byte for byte. */

import type { Model } from '../model/model.ts';
import type { ModelBytes } from '../onnx/model-bytes.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { ResolvedNeeds, Variant } from './variant.ts';

/** Bytes of constants, other than the model's own, that are worth storing: more are computed as fast as they are read. */
const MAX_OWN_BYTES = 8 * 2 ** 20;

/** Weights of the model are named in place of being stored again. */
type Part =
  | { readonly offset: number; readonly constant: string }
  | { readonly offset: number; readonly own: Tensor<'uint8'> };

export interface StoredGraph {
  readonly graph: Tensor<'uint8'>;
  readonly openBatch?: boolean;
  /** True if the graph is what the optimisers of the engine made of it, so that sessions need not run them. */
  readonly optimised?: boolean;
  readonly external: readonly { readonly path: string; readonly size: number; readonly parts: readonly Part[] }[];
  readonly facts: Pick<
    Variant,
    | 'inputs'
    | 'inputDims'
    | 'rowBytes'
    | 'rowFlops'
    | 'rowWork'
    | 'sessionBytes'
    | 'mixes'
    | 'findsTopClass'
    | 'bytesPerTarget'
  >;
}

/** Store of compiled graphs by key. Failures of the store are its own to report: they cost time, never an answer. */
export interface GraphStore {
  /** @returns undefined for a graph that is not there, or is damaged */
  get(key: string, waitUntil: (promise: Promise<unknown>) => void): Promise<StoredGraph | undefined>;
  put(key: string, graph: StoredGraph, waitUntil: (promise: Promise<unknown>) => void): Promise<void>;
}

/**
 * Makes the stored form of a compiled graph.
 * @param file as it was written for the engine
 * @param maxOwnBytes most bytes of constants that are not the model's own
 * @returns undefined for a graph with too many constants of its own
 */
export function storeGraph(
  variant: Variant,
  file: ModelBytes,
  model: Pick<Model, 'graph'>,
  maxOwnBytes = MAX_OWN_BYTES,
): StoredGraph | undefined {
  const nameOf = namesByPlace(model);
  let ownBytes = file.graph.byteLength;
  const external = (file.external ?? []).map(({ path, data, parts = [{ offset: 0, bytes: data }] }) => ({
    path,
    size: data.byteLength,
    parts: parts.map(({ offset, bytes }): Part => {
      const constant = nameOf(bytes);
      if (constant !== undefined) return { offset, constant };
      ownBytes += bytes.byteLength;
      return { offset, own: bytesTensor(bytes) };
    }),
  }));
  if (ownBytes > maxOwnBytes || variant.inputs.some(({ words }) => words)) return undefined;
  const { inputs, inputDims, rowBytes, rowFlops, rowWork, sessionBytes, mixes, findsTopClass, bytesPerTarget } =
    variant;
  return {
    graph: bytesTensor(file.graph),
    ...(file.openBatch !== undefined && { openBatch: file.openBatch }),
    external,
    facts: {
      ...{ inputs, inputDims, rowBytes, rowFlops, rowWork, sessionBytes, mixes, findsTopClass },
      ...(bytesPerTarget !== undefined && { bytesPerTarget }),
    },
  };
}

/** Facts about a stored graph, as if it had been compiled for these needs. */
export const storedVariant = ({ facts }: StoredGraph, needs: ResolvedNeeds, key: string): Variant => ({
  ...needs,
  ...facts,
  key,
});

/**
 * Makes the file of a stored graph, equal to the byte to the one that was written.
 * @returns undefined where the model lacks one of the constants
 */
export function restoreFile(
  { graph, openBatch, optimised, external }: StoredGraph,
  model: Pick<Model, 'constantBytes'>,
): ModelBytes | undefined {
  const files: { path: string; data: Uint8Array }[] = [];
  for (const { path, size, parts } of external) {
    const data = new Uint8Array(size);
    for (const part of parts) {
      const bytes = 'own' in part ? part.own.data : model.constantBytes(part.constant);
      if (!bytes || part.offset + bytes.byteLength > size) return undefined;
      data.set(bytes, part.offset);
    }
    files.push({ path, data });
  }
  return {
    graph: graph.data,
    ...(files.length > 0 && { external: files }),
    ...(openBatch !== undefined && { openBatch }),
    ...(optimised && { unoptimised: true }),
  };
}

const bytesTensor = (bytes: Uint8Array): Tensor<'uint8'> => ({
  dtype: 'uint8',
  dims: [bytes.length],
  data: bytes as Tensor<'uint8'>['data'],
});

/** Names of the model's constants by where their bytes are in memory. */
function namesByPlace({ graph }: Pick<Model, 'graph'>): (bytes: Uint8Array) => string | undefined {
  const byBuffer = new Map<ArrayBufferLike, Map<string, string>>();
  const place = ({ byteOffset, byteLength }: Uint8Array): string => `${byteOffset}+${byteLength}`;
  for (const [name, { bytes }] of graph.constants) {
    const names = byBuffer.get(bytes.buffer) ?? new Map<string, string>();
    byBuffer.set(bytes.buffer, names.set(place(bytes), name));
  }
  return (bytes) => byBuffer.get(bytes.buffer)?.get(place(bytes));
}
