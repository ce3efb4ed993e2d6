/** How much memory one row takes on its way through a graph. */
import type { Graph, ValueInfo } from '../onnx/graph.ts';
import { infer } from '../onnx/infer.ts';
import { bytesPerElement, sizeOf } from '../tensor/tensor.ts';

/**
 * The most bytes that the tensors of one row take at the same time when nodes run in order and a tensor is given up after
 * its last use. Constants and tensors of unknown shape are not counted.
 * @param rows shapes of one row, for inputs whose extents the graph leaves open
 */
export function peakRowBytes(graph: Graph, rows: Readonly<Record<string, readonly number[]>> = {}): number {
  const oneRow = (input: ValueInfo): ValueInfo => ({
    ...input,
    dims: input.dims && [1, ...(rows[input.name] ?? input.dims.slice(1))],
  });
  const values = infer({ ...graph, inputs: graph.inputs.map(oneRow) });
  const bytes = (name: string): number => {
    const value = graph.constants.has(name) ? undefined : values.get(name);
    const dims = value?.dims?.map((extent) => (typeof extent === 'number' ? extent : 1));
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
  return peak;
}

/** How many rows run at once: what fits the budget, but no more than `most`. */
export function batchSize(rowBytes: number, budget: number, most: number): number {
  return Math.max(1, Math.min(most, Math.floor(budget / Math.max(1, rowBytes))));
}
