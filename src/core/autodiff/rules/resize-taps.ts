/**
 * Resize along one long axis: each position of the result reads one or two positions, so that the way back adds to those.
 * A matrix of both extents, as shorter axes have it, would grow with the square of the length.
 */
import { intAttribute, stringAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import type { Node } from '../../onnx/graph.ts';
import { refuse, upTo } from './axes.ts';

/** Elements of a matrix of both extents up to which an axis counts as short. */
const MAX_MATRIX = 2 ** 22;

/** An axis with its extents before and after, and the scale of the node where it states one. */
export interface LongAxis {
  readonly axis: number;
  readonly from: number;
  readonly to: number;
  readonly scale: number;
}

/** True where a matrix of both extents is too large. */
export const isLong = (from: unknown, to: unknown): boolean =>
  typeof from === 'number' && typeof to === 'number' && from * to > MAX_MATRIX;

/** Position of the input that position `i` of the result stands at, in single precision as engines count. */
function coordinate(node: Node, { from, to, scale }: LongAxis, i: number): number {
  const mode = stringAttribute(node, 'coordinate_transformation_mode', 'half_pixel');
  const halfPixel = Math.fround(Math.fround((i + 0.5) / scale) - 0.5);
  switch (mode) {
    case 'half_pixel':
      return halfPixel;
    case 'pytorch_half_pixel':
      return to > 1 ? halfPixel : 0;
    case 'align_corners':
      return to > 1 ? Math.fround((i * (from - 1)) / (to - 1)) : 0;
    case 'asymmetric':
      return Math.fround(i / scale);
    default:
      return refuse(node, `along an axis of ${from} positions, the coordinates ${mode} have no rule`);
  }
}

const ROUNDING: Readonly<Record<string, (x: number) => number>> = {
  round_prefer_floor: (x) => Math.ceil(x - 0.5),
  round_prefer_ceil: (x) => Math.floor(x + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

/** Positions that are read, one list for each tap, and their weights. */
function tapsOf(node: Node, axis: LongAxis): { readonly positions: number[]; readonly weights: number[] }[] {
  const mode = stringAttribute(node, 'mode', 'nearest');
  if (mode === 'cubic' || intAttribute(node, 'antialias', 0) === 1)
    refuse(node, `along an axis of ${axis.from} positions, ${mode} interpolation or antialiasing has no rule`);
  const within = (x: number): number => Math.min(Math.max(x, 0), axis.from - 1);
  const coordinates = upTo(axis.to).map((i) => coordinate(node, axis, i));
  if (mode === 'nearest') {
    const round = ROUNDING[stringAttribute(node, 'nearest_mode', 'round_prefer_floor')] as (x: number) => number;
    return [{ positions: coordinates.map((x) => within(round(x))), weights: coordinates.map(() => 1) }];
  }
  const clipped = coordinates.map(within);
  const shares = clipped.map((x) => x - Math.floor(x));
  return [
    { positions: clipped.map(Math.floor), weights: shares.map((share) => 1 - share) },
    { positions: clipped.map((x) => within(Math.floor(x) + 1)), weights: shares },
  ];
}

/** Adds dy along the axis to the positions that the result was read from. */
export function backAlongTaps(g: GraphBuilder, node: Node, dy: Value, long: LongAxis): Value {
  const { axis, from, to } = long;
  const rank = dy.dims?.length ?? 0;
  const along = upTo(rank).map((i) => (i === axis ? to : 1));
  const part = (start: number, end: number): Value[] => (start < end ? [g.op('Shape', [dy], { start, end })] : []);
  const shape = g.op('Concat', [...part(0, axis), g.ints([from]), ...part(axis + 1, rank)], { axis: 0 });
  const zeros = g.op('Expand', [g.number(0, dy), shape]);
  return tapsOf(node, long).reduce((sum, { positions, weights }) => {
    const indices = g.op('Expand', [g.constant('int64', along, positions), g.shapeOf(dy)]);
    const scaled = weights.every((w) => w === 1) ? dy : g.mul(dy, g.constant(dy.dtype, along, weights));
    return g.op('ScatterElements', [sum, indices, scaled], { axis, reduction: 'add' });
  }, zeros);
}
