/**
 * RoiAlign of mode max, as onnxruntime has it: the largest of the four weighted neighbours of all sampling points of a
 * bin, where other implementations interpolate first.
 */
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import type { Node } from '../../onnx/graph.ts';
import { type AxisBins, samplePoints } from './roi-samples.ts';

/** Regions, the bins that they are cut into, and the extents of the features. */
interface Bins {
  readonly regions: Value;
  readonly down: number;
  readonly across: number;
  readonly height: number;
  readonly width: number;
}

/** Neighbours of sampling points along one axis, two for each, flat: [regions, bins x samples x 2]. */
interface Neighbours {
  /** Positions along the axis, int64. */
  readonly positions: Value;
  readonly weights: Value;
  /** 0, or a number below every value where there is no point; undefined where all points are there. */
  readonly floor?: Value;
}

/** Two of them still add up in single precision. */
const BELOW = -1e38;

function neighbours(g: GraphBuilder, along: AxisBins): Neighbours {
  const { rois, dim } = along;
  const number = (v: number): Value => g.number(v, rois);
  const { at, outside, missing } = samplePoints(g, along);
  const low = g.op('Floor', [at]);
  const high = g.op('Min', [g.add(low, number(1)), number(dim - 1)]);
  const fraction = g.sub(at, low);
  const inside = g.where(missing ? g.op('Or', [outside, missing]) : outside, number(0), number(1));
  const flat = (...pair: readonly [Value, Value]): Value => {
    const both = pair.map((v) => g.op('Unsqueeze', [v, g.ints([3])]));
    return g.op('Reshape', [g.op('Concat', both, { axis: 3 }), g.ints([0, -1])]);
  };
  const floors = missing && g.add(g.mul(at, number(0)), g.where(missing, number(BELOW), number(0)));
  return {
    positions: g.op('Cast', [flat(low, high)], { to: 7 }),
    weights: flat(g.mul(g.sub(number(1), fraction), inside), g.mul(fraction, inside)),
    ...(floors && { floor: flat(floors, floors) }),
  };
}

/** Share of `dy` of each of `values` that are equal to `winner`, the largest of them along the axis. */
function shared(g: GraphBuilder, values: Value, winner: Value, dy: Value, axis: number): Value {
  const won = g.op('CastLike', [g.op('Equal', [values, winner]), values]);
  const count = g.op('Max', [g.reduce('ReduceSum', won, [axis]), g.number(1, values)]);
  return g.mul(won, g.div(dy, count));
}

/**
 * Derivative by the features of each region, [regions, C, height, width].
 * @param features of the image of each region, in that shape
 */
export function largestSample(
  g: GraphBuilder,
  node: Node,
  { regions, down, across, height, width }: Bins,
  features: Value,
  dy: Value,
): Value {
  const rows = neighbours(g, { node, rois: regions, axis: 'y', bins: down, dim: height });
  const columns = neighbours(g, { node, rois: regions, axis: 'x', bins: across, dim: width });
  const [alongRows, alongColumns] = [
    [1, 3],
    [1, 2],
  ] as const;
  const spread = (v: Value, axes: readonly number[]): Value => g.op('Unsqueeze', [v, g.ints(axes)]);
  const taken = (
    from: Value,
    { positions }: Neighbours,
    axis: 2 | 3,
  ): { readonly at: Value; readonly value: Value } => {
    const single = g.op('Slice', [from, g.ints([0]), g.ints([1]), g.ints([axis])]);
    const at = g.op('Add', [
      spread(positions, axis === 2 ? alongRows : alongColumns),
      g.op('Cast', [g.mul(single, g.number(0, single))], { to: 7 }),
    ]);
    return { at, value: g.op('GatherElements', [from, at], { axis }) };
  };
  const byRow = taken(features, rows, 2);
  const byColumn = taken(byRow.value, columns, 3);
  const weights = g.mul(spread(rows.weights, alongRows), spread(columns.weights, alongColumns));
  const floors = [rows.floor && spread(rows.floor, alongRows), columns.floor && spread(columns.floor, alongColumns)];
  // [regions, C, rows of points, columns of points]
  const values = floors.reduce<Value>(
    (sum, floor) => (floor ? g.add(sum, floor) : sum),
    g.mul(byColumn.value, weights),
  );
  const inBins = g.op('Reshape', [values, g.ints([0, 0, 0, across, -1])]);
  const widest = g.op('Reshape', [g.reduce('ReduceMax', inBins, [4], false), g.ints([0, 0, down, -1, across])]);
  const lift = (v: Value): Value => spread(v, [3]);
  // Not the node's own output: the last bit of a weight may differ.
  const dWidest = shared(g, widest, g.reduce('ReduceMax', widest, [3]), lift(dy), 3);
  const perRow = (v: Value): Value => spread(g.op('Reshape', [v, g.ints([0, 0, -1, across])]), [4]);
  const dInBins = shared(g, inBins, perRow(widest), perRow(dWidest), 4);
  const dValues = g.mul(g.op('Reshape', [dInBins, g.shapeOf(values)]), weights);
  const back = (d: Value, like: Value, at: Value, axis: 2 | 3): Value =>
    g.op('ScatterElements', [g.zerosLike(like), at, d], { axis, reduction: 'add' });
  return back(back(dValues, byRow.value, byColumn.at, 3), features, byRow.at, 2);
}
