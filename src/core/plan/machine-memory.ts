/** Memory of machines: rows that fit, what sessions take, and how that of onnxruntime-web grows. */
import { byteLengthOf } from '../onnx/constant.ts';
import type { Graph } from '../onnx/graph.ts';

const MIB = 2 ** 20;

/** Linear memory of onnxruntime-web 1.30: what it starts with, and how it grows when that is used up, in pages. */
const INITIAL_BYTES = 16 * MIB;
const GROWTH = 1.2;
const PAGE = 2 ** 16;

/** Memory of the runtime itself, besides sessions: fitted to measurements. */
const RUNTIME_BYTES = 6 * MIB;

/** Linear memory of onnxruntime-web that holds so many bytes of sessions and tensors. */
export function linearMemory(held: number): number {
  let bytes = INITIAL_BYTES;
  while (bytes < RUNTIME_BYTES + held) bytes = Math.ceil((bytes * GROWTH) / PAGE) * PAGE;
  return bytes;
}

/**
 * So many rows run at once in any case: what is read of the weights, and what a run costs before it begins, is shared.
 * Gradients of MobileNetV2 and SqueezeNet are fastest with four rows, although those take twice the caches.
 */
const MIN_ROWS = 4;

/**
 * Number of rows that run at once: as many as fit the budget and the caches, but at most `most`.
 * @param workingSet see {@link Engine.workingSet}
 */
export function batchSize(rowBytes: number, budget: number, most: number, workingSet = Infinity): number {
  const rowsIn = (bytes: number): number => Math.floor(bytes / Math.max(1, rowBytes));
  return Math.max(1, Math.min(most, rowsIn(budget), Math.max(MIN_ROWS, rowsIn(workingSet))));
}

/** Memory of a session per node besides weights and tensors: fitted to measurements. */
const BYTES_PER_NODE = 25 * 1024;

/** Memory of an idle session in bytes: weights, and the bookkeeping of the engine per node. */
export const sessionBytes = (graph: Graph): number => BYTES_PER_NODE * graph.nodes.length + weightBytes(graph);

/** Bytes of all constants. */
export function weightBytes({ constants }: Graph): number {
  return [...constants.values()].reduce((sum, constant) => sum + byteLengthOf(constant), 0);
}
