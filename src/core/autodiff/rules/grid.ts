/** Sampling at the points of a grid (spatial transformers: Jaderberg et al. 2015, section 3.3). */
import { intAttribute, stringAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import { isStatic } from '../../onnx/dims.ts';
import type { Node } from '../../onnx/graph.ts';
import { defineRule, type Rule, type RuleCase } from '../rule.ts';
import { rankOf, refuse, upTo } from './axes.ts';

/** Coordinates of the points along one axis of the image, in pixels: [N, P]. */
interface Coordinate {
  readonly at: Value;
  /** Its derivative by the grid's own number; undefined for zero. */
  readonly slope?: Value;
  readonly dim: number;
}

/** One of the pixels that a point is interpolated from. */
interface Tap {
  /** [N, P] */
  readonly position: Value;
  readonly inside?: Value;
  /** Weight along each axis, and its derivative by the coordinate in pixels. */
  readonly weights: readonly Value[];
  readonly slopes: readonly Value[];
}

type Mode = 'nearest' | 'linear' | 'cubic';

/** Numbers folded back between `low` and `low + span`, and the sign of each one's derivative. */
function reflected(g: GraphBuilder, at: Value, low: number, span: number): { at: Value; sign: Value } {
  const number = (v: number): Value => g.number(v, at);
  const from = g.sub(at, number(low));
  const folded = g.op('Mod', [g.op('Abs', [from]), number(2 * span)], { fmod: 1 });
  const back = g.op('Greater', [folded, number(span)]);
  const inner = g.where(back, g.sub(number(2 * span), folded), folded);
  return { at: g.add(inner, number(low)), sign: g.mul(g.op('Sign', [from]), g.where(back, number(-1), number(1))) };
}

/** Bounds of reflection: the centres of the outer pixels, or their edges. */
const mirrors = (node: Node, dim: number): readonly [number, number] =>
  intAttribute(node, 'align_corners', 0) === 1 ? [0, dim - 1] : [-0.5, dim];

const paddingOf = (node: Node): string => stringAttribute(node, 'padding_mode', 'zeros');

/** Pixels from -1..1, and what padding makes of the points outside. Order and formulas are onnxruntime's. */
function coordinate(g: GraphBuilder, node: Node, points: Value, dim: number, mode: Mode): Coordinate {
  const number = (v: number): Value => g.number(v, points);
  const corners = intAttribute(node, 'align_corners', 0) === 1;
  const scale = corners ? (dim - 1) / 2 : dim / 2;
  const pixels = g.add(g.mul(points, number(scale)), number((dim - 1) / 2));
  const at = mode === 'nearest' ? g.op('Round', [pixels]) : pixels;
  const padding = paddingOf(node);
  // Cubic interpolation pads each pixel that it reads, not the point.
  if (padding === 'zeros' || mode === 'cubic') return { at, slope: number(scale), dim };
  if (padding === 'border') {
    const clipped = g.op('Clip', [at, number(0), number(dim - 1)]);
    const inside = g.op('Equal', [clipped, at]);
    return { at: clipped, slope: g.where(inside, number(scale), number(0)), dim };
  }
  const [low, span] = mirrors(node, dim);
  if (span === 0) return { at: g.mul(at, number(0)), dim };
  const { at: inner, sign } = reflected(g, at, low, span);
  return { at: inner, slope: g.mul(sign, number(scale)), dim };
}

/** Weights of cubic convolution with a = -0.75, by distance: 1 - near to near, 1 + far to far (Keys 1981, equation 4). */
const CUBIC: readonly (readonly [number, number, number, number])[] = [
  // Polynomials in the fraction t between the two middle pixels, from the constant up.
  [0, -0.75, 1.5, -0.75],
  [1, 0, -2.25, 1.25],
  [0, 0.75, 1.5, -1.25],
  [0, 0, -0.75, 0.75],
];

/** Pixels to read along one axis, counted from the one below the point, with weights and their slopes. */
function kernel(g: GraphBuilder, fraction: Value, mode: Mode): { offset: number; weight: Value; slope: Value }[] {
  const number = (v: number): Value => g.number(v, fraction);
  if (mode === 'nearest') return [{ offset: 0, weight: g.expandLike(number(1), fraction), slope: number(0) }];
  if (mode === 'linear') {
    return [
      { offset: 0, weight: g.sub(number(1), fraction), slope: number(-1) },
      { offset: 1, weight: fraction, slope: number(1) },
    ];
  }
  const horner = (coefficients: readonly number[]): Value =>
    coefficients
      .slice(0, -1)
      .reduceRight<Value>((sum, c) => g.add(g.mul(sum, fraction), number(c)), number(coefficients.at(-1) as number));
  return CUBIC.map(([a, b, c, d], i) => ({
    offset: i - 1,
    weight: horner([a, b, c, d]),
    slope: horner([b, 2 * c, 3 * d]),
  }));
}

/** The pixels around each point. */
function tapsOf(g: GraphBuilder, node: Node, coordinates: readonly Coordinate[], mode: Mode): Tap[] {
  const padding = paddingOf(node);
  const like = (coordinates[0] as Coordinate).at;
  const number = (v: number): Value => g.number(v, like);
  const sides = coordinates.map(({ at, dim }) => {
    const floor = mode === 'nearest' ? at : g.op('Floor', [at]);
    return kernel(g, g.sub(at, floor), mode).map(({ offset, weight, slope }) => {
      const pixel = offset === 0 ? floor : g.add(floor, number(offset));
      const [low, span] = mirrors(node, dim);
      const folds = mode === 'cubic' && padding === 'reflection' && span > 0;
      const clipped = g.op('Clip', [folds ? reflected(g, pixel, low, span).at : pixel, number(0), number(dim - 1)]);
      const inside = padding === 'zeros' ? g.op('Equal', [clipped, pixel]) : undefined;
      return { clipped, weight, slope, dim, inside };
    });
  });
  const choices = sides.reduce<(typeof sides)[number][]>(
    (all, axis) => all.flatMap((chosen) => axis.map((side) => [...chosen, side])),
    [[]],
  );
  return choices.map((chosen) => ({
    position: g.op(
      'Cast',
      [chosen.reduce<Value>((sum, s, i) => (i === 0 ? s.clipped : g.add(g.mul(sum, number(s.dim)), s.clipped)), like)],
      { to: 7 },
    ),
    inside: chosen.map((s) => s.inside).reduce((a, b) => (a && b ? g.op('And', [a, b]) : a)),
    weights: chosen.map((s) => s.weight),
    slopes: chosen.map((s) => s.slope),
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
    note: 'Modes linear, nearest and cubic, every padding, by the image and by the grid.',
    vjp({ g, node, inputs: [x, grid], cotangents: [dy], wants }) {
      const named = stringAttribute(node, 'mode', 'linear');
      const mode: Mode = named === 'nearest' || named === 'cubic' ? named : 'linear';
      const extents = x.dims?.slice(2);
      if (!isStatic(extents)) refuse(node, 'the dims of its image are not known before the run');
      const count = extents.length;
      const flat = (v: Value, ...front: number[]): Value => g.op('Reshape', [v, g.ints([...front, -1])]);
      // The grid names the last axis first.
      const coordinates = extents.map((dim, i) =>
        coordinate(g, node, flat(g.op('Gather', [grid, g.scalar(count - 1 - i, 'int64')], { axis: -1 }), 0), dim, mode),
      );
      const d = flat(dy, 0, 0);
      const overChannels = (v: Value): Value => g.op('Unsqueeze', [v, g.ints([1])]);
      const positions = (tap: Tap): Value => g.expandLike(overChannels(tap.position), d);
      const taps = tapsOf(g, node, coordinates, mode);
      const masked = (tap: Tap, v: Value): Value => (tap.inside ? g.where(tap.inside, v, g.number(0, v)) : v);

      const byImage = (): Value => {
        const parts = taps.map((c) => g.mul(d, overChannels(masked(c, c.weights.reduce(g.mul)))));
        const zeros = flat(g.expandLike(g.number(0, d), x), 0, 0);
        const indices = g.op('Concat', taps.map(positions), { axis: 2 });
        const sum = g.op('ScatterElements', [zeros, indices, g.op('Concat', parts, { axis: 2 })], {
          axis: 2,
          reduction: 'add',
        });
        return g.reshapeLike(sum, x);
      };
      const byGrid = (): Value => {
        const pulls = taps.map((c) =>
          masked(
            c,
            g.reduce(
              'ReduceSum',
              g.mul(d, g.op('GatherElements', [flat(x, 0, 0), positions(c)], { axis: 2 })),
              [1],
              false,
            ),
          ),
        );
        const slopes = upTo(count).map((axis) => {
          const terms = taps.map((c, i) => {
            const rest = c.weights.filter((_, j) => j !== axis).reduce(g.mul, pulls[i] as Value);
            return g.mul(rest, c.slopes[axis] as Value);
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
      return [wants(0) && byImage(), wants(1) && mode !== 'nearest' && byGrid()];
    },
    cases: [
      ...['zeros', 'border', 'reflection'].flatMap((padding_mode) => [
        ...flags({ padding_mode }),
        ...flags({ padding_mode, mode: 'cubic' }),
      ]),
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
