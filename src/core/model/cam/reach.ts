/** Receptive field of a single score in each layer in front of it, and the layer in which it is as large as a box. */
import { intsAttribute, stringAttribute } from '../../onnx/attributes.ts';
import type { Graph, Node } from '../../onnx/graph.ts';
import { traitsOf } from '../../onnx/operators.ts';
import { elementParts } from './element-parts.ts';
import { isPlaced, type Places } from './factors.ts';
import type { PlacesByName, Values } from './places.ts';

/** Rows and columns of positions. */
type Extent = readonly [height: number, width: number];

/** One element of the scores that is explained, and the place that it speaks of. */
export interface ExplainedElement {
  readonly index: number;
  /** Tensor that it is an element of; the scores when absent. */
  readonly tensor?: string | undefined;
  /** Height and width of the place (a box) in pixels of the input tensor. */
  readonly extent?: Extent | undefined;
}

interface ElementSearch {
  readonly graph: Graph;
  readonly values: Values;
  readonly places: PlacesByName;
  readonly scores: string;
  readonly element?: ExplainedElement | undefined;
}

/** Share of the area of a box that its score must be able to see in a layer: half of the height and of the width. */
const SEEN_SHARE = 1 / 4;

/**
 * The layer nearest to the scores in which the receptive field of an element has the size of its place: closer to the
 * scores it sees a few pixels in the middle of a box. Undefined where the element has no place, and where no layer does.
 */
export function wideEnough(
  { graph, values, places, scores, element }: ElementSearch,
  layers: readonly string[],
): string | undefined {
  const { index, extent, tensor = scores } = element ?? {};
  const parts = index === undefined || !extent ? undefined : elementParts(graph, values, tensor, index)?.parts;
  if (!parts || !extent) return undefined;
  const reach = reachOf(graph, values, places, parts);
  const [height, width] = imageGrid(places);
  return layers.find((name) => {
    const [rows, columns] = reach.get(name) ?? [0, 0];
    const { grid } = places.get(name) as Places;
    const seen = ((rows * height) / grid[0]) * ((columns * width) / grid[1]);
    return seen >= SEEN_SHARE * extent[0] * extent[1];
  });
}

/** Rows and columns of the image: the finest grid that there is. */
const imageGrid = (places: PlacesByName): Places['grid'] =>
  [...places.values()].map(({ grid }) => grid).reduce((a, b) => (b[0] * b[1] > a[0] * a[1] ? b : a));

/**
 * Receptive field of one position of each of `parts`, in positions of every tensor in front of them. Steps that every
 * position has a part in (global pooling, attention) are left out: only what lies around the position counts.
 * @see https://distill.pub/2019/computing-receptive-fields/
 */
function reachOf(
  graph: Graph,
  values: Values,
  places: PlacesByName,
  parts: readonly string[],
): ReadonlyMap<string, Extent> {
  const reach = new Map<string, Extent>(parts.map((name) => [name, [1, 1]]));
  for (const node of graph.nodes.toReversed()) {
    const own = node.outputs.map((name) => reach.get(name)).filter((extent) => extent !== undefined);
    const [first] = own;
    if (!first) continue;
    const widest = own.reduce(union, first);
    for (const name of node.inputs) {
      const before = isPlacedTensor(places, name) ? readBy(graph, node, name, widest, values) : undefined;
      if (before) reach.set(name, union(reach.get(name) ?? before, before));
    }
  }
  return reach;
}

const union = (a: Extent, b: Extent): Extent => [Math.max(a[0], b[0]), Math.max(a[1], b[1])];

const isPlacedTensor = (places: PlacesByName, name: string): boolean => places.get(name)?.axes.some(isPlaced) ?? false;

/** Positions of an input that so many positions of the output are computed from; undefined where all of them are. */
function readBy({ constants }: Graph, node: Node, input: string, reach: Extent, values: Values): Extent | undefined {
  const { linear, featureMap, pooling, normalization } = traitsOf(node);
  if (node.op === 'ConvTranspose') return along((axis) => transposed(node, input, axis, reach[axis], values));
  if (node.op === 'Resize' || node.op === 'Upsample') return along((axis) => resized(node, input, axis, reach, values));
  if (featureMap === 'yes' && !normalization) return along((axis) => convolved(node, input, axis, reach[axis], values));
  // Global pooling and attention see every position; products with weights see their own.
  const isAttention = linear === 'dense' && !node.inputs.some((name) => constants.has(name));
  return pooling || isAttention ? undefined : reach;
}

const along = (extentOf: (axis: 0 | 1) => number): Extent => [extentOf(0), extentOf(1)];

function convolved(node: Node, input: string, axis: 0 | 1, reach: number, values: Values): number {
  const { kernel, stride, dilation } = windowOf(node, axis, values);
  const seen = (reach - 1) * stride + (kernel - 1) * dilation + 1;
  return Math.min(seen, extentOf(values, input, axis));
}

function transposed(node: Node, input: string, axis: 0 | 1, reach: number, values: Values): number {
  const { kernel, stride, dilation } = windowOf(node, axis, values);
  const seen = Math.floor((reach - 1 + (kernel - 1) * dilation) / stride) + 1;
  return Math.min(seen, extentOf(values, input, axis));
}

function resized(node: Node, input: string, axis: 0 | 1, reach: Extent, values: Values): number {
  const from = extentOf(values, input, axis);
  const scale = extentOf(values, node.outputs[0] as string, axis) / from;
  const neighbour = stringAttribute(node, 'mode', 'nearest') === 'nearest' ? 0 : 1;
  return Math.min(Math.ceil((reach[axis] - 1) / scale) + 1 + neighbour, from);
}

function windowOf(node: Node, axis: 0 | 1, values: Values): { kernel: number; stride: number; dilation: number } {
  const [weights = 1] = traitsOf(node).weights ?? [];
  const own = values.get(node.inputs[weights] ?? '')?.dims?.slice(2);
  const at = (name: string, otherwise: number): number => intsAttribute(node, name, [])[axis] ?? otherwise;
  const kernel = at('kernel_shape', Number(own?.[axis] ?? 1));
  return { kernel, stride: at('strides', 1), dilation: at('dilations', 1) };
}

/** Extent of an axis of a feature map [N, C, H, W]. */
const extentOf = (values: Values, name: string, axis: 0 | 1): number => Number(values.get(name)?.dims?.[2 + axis] ?? 1);
