/** Memory of a graph: for the tensors of a row, and for an engine that runs it in WebAssembly. */
import { byteLengthOf } from '../onnx/constant.ts';
import type { Graph } from '../onnx/graph.ts';
import { infer } from '../onnx/infer.ts';
import { bytesPerElement, sizeOf } from '../tensor/tensor.ts';
import { bindRows, type RowShapes } from './bind-rows.ts';

/**
 * The most bytes that the tensors of one row take at the same time when nodes run in order and a tensor is given up after
 * its last use. Constants and tensors of unknown shape are not counted.
 * @param rows shapes of one row, for inputs whose dims the graph leaves open
 * @param batch rows of every run, where the graph takes no other number
 */
export function peakRowBytes(graph: Graph, rows: RowShapes = {}, batch = 1): number {
  const values = infer(bindRows(graph, rows, batch));
  const bytes = (name: string): number => {
    const value = graph.constants.has(name) ? undefined : values.get(name);
    const dims = value?.dims?.map((dim) => (typeof dim === 'number' ? dim : 1));
    return value && dims ? sizeOf(dims) * bytesPerElement(value.dtype) : 0;
  };
  const lastUse = new Map<string, number>();
  for (const [i, node] of graph.nodes.entries()) for (const name of node.inputs) lastUse.set(name, i);
  for (const { name } of graph.outputs) lastUse.set(name, graph.nodes.length);
  let live = graph.inputs.reduce((sum, { name }) => sum + bytes(name), 0);
  let peak = live;
  for (const [i, node] of graph.nodes.entries()) {
    for (const name of node.outputs) live += bytes(name);
    peak = Math.max(peak, live);
    for (const name of new Set([...node.inputs, ...node.outputs])) {
      if ((lastUse.get(name) ?? i) <= i) live -= bytes(name);
    }
  }
  return peak / batch;
}

const MIB = 2 ** 20;

/** Linear memory of onnxruntime-web 1.30: what it starts with, and how it grows when that is used up, in pages. */
const INITIAL_BYTES = 16 * MIB;
const GROWTH = 1.2;
const PAGE = 2 ** 16;

/** Memory of the runtime itself, and of a session per node besides weights and tensors: fitted to measurements. */
const RUNTIME_BYTES = 6 * MIB;
const BYTES_PER_NODE = 25 * 1024;

/**
 * Linear memory of onnxruntime-web with this graph after one row has run, the weights passed beside the graph. As it grows
 * in steps of a fifth, so does the estimate. The copy of the weights that the session was made from lies outside of it.
 * Checked for single rows by `npm run bench:gradient`; larger batches come out up to two steps too low.
 */
export function wasmBytes(graph: Graph, rows?: RowShapes, batch = 1): number {
  return linearMemory(sessionBytes(graph) + batch * peakRowBytes(graph, rows, batch));
}

/** Memory of an idle session in bytes: weights, and the bookkeeping of the engine per node. */
export const sessionBytes = (graph: Graph): number => BYTES_PER_NODE * graph.nodes.length + weightBytes(graph);

/** Linear memory of onnxruntime-web that holds so many bytes of sessions and tensors. */
export function linearMemory(held: number): number {
  let bytes = INITIAL_BYTES;
  while (bytes < RUNTIME_BYTES + held) bytes = Math.ceil((bytes * GROWTH) / PAGE) * PAGE;
  return bytes;
}

/** Bytes of all constants. */
export function weightBytes({ constants }: Graph): number {
  return [...constants.values()].reduce((sum, constant) => sum + byteLengthOf(constant), 0);
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
