/** Sampling at the points of a grid (spatial transformers: Jaderberg et al. 2015, section 3.3). */
import { intAttribute, stringAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import { isStatic } from '../../onnx/dims.ts';
import type { Node } from '../../onnx/graph.ts';
import { defineRule, type Rule, type RuleCase } from '../rule.ts';
import { rankOf, refuse, upTo } from './axes.ts';

/** Where the points lie along one axis of the picture, in pixels: [N, P]. */
interface Coordinate {
  readonly at: Value;
  /** Its derivative by the grid's own number; undefined for zero. */
  readonly slope?: Value;
  readonly extent: number;
}

interface Corner {
  /** [N, P] */
  readonly place: Value;
  readonly inside?: Value;
  /** Weight along each axis, and whether it grows or falls with the coordinate. */
  readonly weights: readonly Value[];
  readonly grows: readonly boolean[];
}

/** Pixels from -1..1, and what padding makes of the points outside. Order and formulas are onnxruntime's. */
function coordinate(g: GraphBuilder, node: Node, points: Value, extent: number, linear: boolean): Coordinate {
  const number = (v: number): Value => g.number(v, points);
  const corners = intAttribute(node, 'align_corners', 0) === 1;
  const scale = corners ? (extent - 1) / 2 : extent / 2;
  const pixels = g.add(g.mul(points, number(scale)), number((extent - 1) / 2));
  const at = linear ? pixels : g.op('Round', [pixels]);
  const padding = stringAttribute(node, 'padding_mode', 'zeros');
  if (padding === 'border') {
    const clipped = g.op('Clip', [at, number(0), number(extent - 1)]);
    const inside = g.op('Equal', [clipped, at]);
    return { at: clipped, slope: g.where(inside, number(scale), number(0)), extent };
  }
  if (padding === 'zeros') return { at, slope: number(scale), extent };
  const [low, span] = corners ? [0, extent - 1] : [-0.5, extent];
  if (span === 0) return { at: g.mul(at, number(0)), extent };
  const from = g.sub(at, number(low));
  const folded = g.op('Mod', [g.op('Abs', [from]), number(2 * span)], { fmod: 1 });
  const back = g.op('Greater', [folded, number(span)]);
  const reflected = g.where(back, g.sub(number(2 * span), folded), folded);
  const slope = g.mul(g.op('Sign', [from]), g.where(back, number(-scale), number(scale)));
  return { at: g.add(reflected, number(low)), slope, extent };
}

/** The pixels around each point. */
function cornersOf(g: GraphBuilder, node: Node, coordinates: readonly Coordinate[], linear: boolean): Corner[] {
  const zeros = stringAttribute(node, 'padding_mode', 'zeros') === 'zeros';
  const like = (coordinates[0] as Coordinate).at;
  const number = (v: number): Value => g.number(v, like);
  const sides = coordinates.map(({ at, extent }) => {
    const floor = linear ? g.op('Floor', [at]) : at;
    const fraction = g.sub(at, floor);
    const pixels = linear ? [floor, g.add(floor, number(1))] : [floor];
    return pixels.map((pixel, i) => {
      const clipped = g.op('Clip', [pixel, number(0), number(extent - 1)]);
      const weight = i === 1 ? fraction : g.sub(number(1), fraction);
      return { clipped, weight, grows: i === 1, extent, inside: zeros ? g.op('Equal', [clipped, pixel]) : undefined };
    });
  });
  const choices = sides.reduce<(typeof sides)[number][]>(
    (all, axis) => all.flatMap((chosen) => axis.map((side) => [...chosen, side])),
    [[]],
  );
  return choices.map((chosen) => ({
    place: g.op(
      'Cast',
      [
        chosen.reduce<Value>(
          (sum, s, i) => (i === 0 ? s.clipped : g.add(g.mul(sum, number(s.extent)), s.clipped)),
          like,
        ),
      ],
      { to: 7 },
    ),
    inside: chosen.map((s) => s.inside).reduce((a, b) => (a && b ? g.op('And', [a, b]) : a)),
    weights: chosen.map((s) => s.weight),
    grows: chosen.map((s) => s.grows),
  }));
}

const x = { dims: [2, 2, 4, 3], range: [-1, 1] as const };
/** (x, y) inside and outside, none close to where the slope jumps. */
const points = {
  dims: [2, 2, 3, 2],
  data: [
    -0.5, 0.1, 0.35, -0.87, 0.8, 0.55, -1.2, 0.15, 0.25, 1.13, 0.4, -0.1, -0.3, 0.6, 0.82, -0.55, 1.18, -1.36, -0.4,
    -0.05, 0.5, 0.86, -0.81, -0.5,
  ],
};
const flags = (attributes: Record<string, string>): RuleCase[] =>
  [0, 1].map((align_corners) => ({ inputs: [x, points], attributes: { ...attributes, align_corners } }));

export const gridRules: readonly Rule[] = [
  defineRule({
    op: 'GridSample',
    since: [16, 20, 22],
    note: 'Modes linear and nearest, every padding, by the picture and by the grid.',
    vjp({ g, node, inputs: [x, grid], cotangents: [dy], wants }) {
      const mode = stringAttribute(node, 'mode', 'linear');
      const linear = mode !== 'nearest';
      if (mode === 'cubic') refuse(node, 'mode cubic has no rule');
      const extents = x.dims?.slice(2);
      if (!isStatic(extents)) refuse(node, 'the extents of its picture are not known before the run');
      const count = extents.length;
      const flat = (v: Value, ...front: number[]): Value => g.op('Reshape', [v, g.ints([...front, -1])]);
      // The grid names the last axis first.
      const coordinates = extents.map((extent, i) =>
        coordinate(
          g,
          node,
          flat(g.op('Gather', [grid, g.scalar(count - 1 - i, 'int64')], { axis: -1 }), 0),
          extent,
          linear,
        ),
      );
      const d = flat(dy, 0, 0);
      const overChannels = (v: Value): Value => g.op('Unsqueeze', [v, g.ints([1])]);
      const places = (corner: Corner): Value => g.expandLike(overChannels(corner.place), d);
      const corners = cornersOf(g, node, coordinates, linear);
      const masked = (corner: Corner, v: Value): Value =>
        corner.inside ? g.where(corner.inside, v, g.number(0, v)) : v;

      const byPicture = (): Value => {
        const parts = corners.map((c) => g.mul(d, overChannels(masked(c, c.weights.reduce(g.mul)))));
        const zeros = flat(g.expandLike(g.number(0, d), x), 0, 0);
        const indices = g.op('Concat', corners.map(places), { axis: 2 });
        const sum = g.op('ScatterElements', [zeros, indices, g.op('Concat', parts, { axis: 2 })], {
          axis: 2,
          reduction: 'add',
        });
        return g.reshapeLike(sum, x);
      };
      const byGrid = (): Value => {
        const pulls = corners.map((c) =>
          masked(
            c,
            g.reduce(
              'ReduceSum',
              g.mul(d, g.op('GatherElements', [flat(x, 0, 0), places(c)], { axis: 2 })),
              [1],
              false,
            ),
          ),
        );
        const slopes = upTo(count).map((axis) => {
          const terms = corners.map((c, i) => {
            const rest = c.weights.filter((_, j) => j !== axis).reduce(g.mul, pulls[i] as Value);
            return c.grows[axis] ? rest : g.neg(rest);
          });
          const { slope, at } = coordinates[axis] as Coordinate;
          return g.mul(terms.reduce(g.add), slope ?? g.number(0, at));
        });
        const stacked = g.op(
          'Concat',
          slopes.toReversed().map((s) => g.op('Unsqueeze', [s, g.ints([2])])),
          { axis: 2 },
        );
        return g.reshapeLike(stacked, grid);
      };
      return [wants(0) && byPicture(), wants(1) && linear && byGrid()];
    },
    cases: [
      ...['zeros', 'border', 'reflection'].flatMap((padding_mode) => flags({ padding_mode })),
      ...['zeros', 'border', 'reflection'].map((padding_mode) => ({
        inputs: [x, { ...points, constant: true }],
        attributes: { mode: 'nearest', padding_mode },
      })),
      { inputs: [[1, 1, 2, 3, 2], { dims: [1, 1, 1, 2, 3], data: [-0.3, 0.4, 0.2, 0.7, -0.6, 0.1] }] },
    ],
  }),
  defineRule({
    op: 'AffineGrid',
    since: [20],
    vjp({ g, node, inputs: [theta, size], cotangents: [dy] }) {
      const count = rankOf(dy, node) - 2;
      // The grid of the unit transform holds the points themselves; a 1 behind each is what the shift multiplies.
      const unit = upTo(count * (count + 1)).map((i) => (i % (count + 2) === 0 ? 1 : 0));
      const single = g.op('Concat', [g.ints([1]), g.op('Slice', [size, g.ints([1]), g.ints([count + 2])])], {
        axis: 0,
      });
      const points = g.op(
        'AffineGrid',
        [g.constant(theta.dtype, [1, count, count + 1], unit), single],
        node.attributes,
      );
      const rows = g.op('Reshape', [points, g.ints([-1, count])]);
      const base = g.op('Pad', [rows, g.ints([0, 1]), g.number(1, rows), g.ints([1])]);
      const columns = g.transpose(g.op('Reshape', [dy, g.ints([0, -1, count])]), [0, 2, 1]);
      return [g.op('MatMul', [columns, base])];
    },
    cases: [
      { inputs: [[2, 2, 3], { dims: [4], data: [2, 1, 3, 4], dtype: 'int64' }] },
      { inputs: [[1, 2, 3], { dims: [4], data: [1, 1, 2, 3], dtype: 'int64' }], attributes: { align_corners: 1 } },
      { inputs: [[1, 3, 4], { dims: [5], data: [1, 1, 2, 2, 3], dtype: 'int64' }] },
    ],
  }),
];
