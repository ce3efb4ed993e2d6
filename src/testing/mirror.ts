/**
 * Trial models about which more is known: each source is folded over, so that an element and its mirror image are alike,
 * its middle third does not matter, and each element saturates.
 */

import { imageInput } from '../core/model/info.ts';
import { GraphBuilder } from '../core/onnx/builder.ts';
import type { Graph } from '../core/onnx/graph.ts';
import type { Inputs } from '../core/tensor/rows.ts';
import { sizeOf, type Tensor, tensor } from '../core/tensor/tensor.ts';
import { openGraph, type Subject } from './models.ts';

export interface Mirrored extends Subject {
  /** Makes a column of an image one feature, for methods that have features: its positions are all alike or unused. */
  readonly params: Readonly<Record<string, unknown>>;
  /** The axis of an attribution that is folded, rows included. */
  axisOf(name: string, values: Tensor): number;
}

/** True if position `at` of `dim` lies in the part that does not matter. */
export const isUnused = (at: number, dim: number): boolean =>
  at >= Math.floor(dim / 3) && at < dim - Math.floor(dim / 3);

export async function mirrored({ name, model, inputs }: Subject): Promise<Mirrored> {
  const sources = model.info().sources.map((source) => source.name);
  const fed = new Set(model.graph.inputs.map((input) => input.name));
  // Tokens stand along the first axis of their embedding; images, series and vectors are folded along the last.
  const axisIn = (source: string, rank: number): number => (fed.has(source) ? rank - 1 : 1);
  const image = imageInput(model.info());
  const graph = sources.reduce((all, source) => folded(all, source, axisIn), model.graph);
  return {
    name: `mirrored ${name}`,
    model: await openGraph(graph),
    inputs: mirrorImages(inputs),
    params: image ? { feature_mask: 'grid', grid: [1, image.dims.at(-1)] } : {},
    axisOf: (source, { dims }) => axisIn(source, dims.length),
  };
}

/** The graph with `mask * (tanh(x) + mirror image of that) / 2` in place of the source x. */
function folded(graph: Graph, source: string, axisIn: (source: string, rank: number) => number): Graph {
  const g = new GraphBuilder(graph);
  const x = g.op('Tanh', [g.value(source)]);
  const dims = (x.dims ?? []).map(Number);
  const axis = axisIn(source, dims.length);
  const dim = dims[axis] as number;
  const positions = Array.from({ length: dim }, (_, i) => i);
  const mirror = g.op('Gather', [x, g.ints(positions.toReversed())], { axis });
  const mask = g.constant(
    'float32',
    dims.map((_, i) => (i === axis ? dim : 1)),
    positions.map((at) => (isUnused(at, dim) ? 0 : 1)),
  );
  const seen = g.mul(g.mul(g.add(x, mirror), g.scalar(0.5)), mask);
  const whole = g.build([...graph.outputs.map((output) => g.value(output.name)), seen]);
  const own = new Set(graph.nodes.map((node) => node.name));
  const before = graph.nodes.findIndex((node) => node.outputs.includes(source)) + 1;
  const reading = graph.nodes.slice(before).map((node) => ({
    ...node,
    inputs: node.inputs.map((read) => (read === source ? seen.name : read)),
  }));
  return {
    ...whole,
    outputs: graph.outputs,
    nodes: [...graph.nodes.slice(0, before), ...whole.nodes.filter((node) => !own.has(node.name)), ...reading],
  };
}

/** The second half of the last axis is the first in reverse. */
const mirrorImages = (inputs: Inputs): Inputs =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, { dtype, dims, data }]) => {
      const dim = dims.at(-1) as number;
      const image = tensor(dtype, dims);
      for (let i = 0; i < sizeOf(dims); i++) {
        const at = i % dim;
        image.data[i] = data[i - at + Math.min(at, dim - 1 - at)] as number;
      }
      return [name, image];
    }),
  );
