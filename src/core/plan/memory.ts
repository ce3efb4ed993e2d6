/** Memory of a graph: for the tensors of a row, and for an engine that runs it in WebAssembly. */
import type { Graph } from '../onnx/graph.ts';
import { infer } from '../onnx/infer.ts';
import { bytesPerElement, sizeOf } from '../tensor/tensor.ts';
import { bindRows, type RowShapes } from './bind-rows.ts';
import { linearMemory, sessionBytes } from './machine-memory.ts';

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

/**
 * Linear memory of onnxruntime-web with this graph after one row has run, the weights passed beside the graph. As it grows
 * in steps of a fifth, so does the estimate. The copy of the weights that the session was made from lies outside of it.
 * Checked for single rows by `npm run bench:gradient`; larger batches come out up to two steps too low.
 */
export function wasmBytes(graph: Graph, rows?: RowShapes, batch = 1): number {
  return linearMemory(sessionBytes(graph) + batch * peakRowBytes(graph, rows, batch));
}
