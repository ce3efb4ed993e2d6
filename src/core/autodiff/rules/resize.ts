/**
 * Resize. Whatever the mode, it is linear in its input and works on one axis after the other: a matrix for each axis. The
 * way back multiplies with its transpose. The matrix is what the operator itself makes of a unit matrix, so that it is
 * the engine's own to the last bit, in every mode; engines work that out once, when they load the graph.
 */
import { float, intsAttribute, stringAttribute } from '../../onnx/attributes.ts';
import type { Value } from '../../onnx/builder.ts';
import { isStatic } from '../../onnx/dims.ts';
import type { Dim } from '../../onnx/graph.ts';
import { defineRule, type Rule, type RuleCase, type RuleContext } from '../rule.ts';
import { fromFront, inverse, known, moving, rankOf, refuse, upTo } from './axes.ts';
import { backAlongTaps, isLong } from './resize-taps.ts';

/** Edge elements that are added where a size is rounded up: as many as any mode reads past the last position. */
const EXTENSION = 4;

interface ResizedAxis {
  readonly axis: number;
  /** The node's scale, size and region for this axis, as vectors of 1, 1 and 2 elements. */
  readonly scale?: Value;
  readonly size?: Value;
  readonly region?: Value;
  /** The ratio of the dims, where it is known. */
  readonly factor?: number;
  /** Size of the result, where it is more than the scale gives, rounded down. */
  readonly roundedUpTo?: number;
}

/** The axes that the node changes. */
function resizedAxes({ g, node, inputs: [x], outputs: [y], optional }: RuleContext): ResizedAxis[] {
  const rank = rankOf(x, node);
  const axes = intsAttribute(node, 'axes', upTo(rank)).map((a) => fromFront(a, rank));
  // Older exporters leave an optional input empty instead of out.
  const [roi, scales, sizes] = [1, 2, 3].map(optional).map((v) => (v?.dims?.[0] === 0 ? undefined : v));
  const pick = (of: Value | undefined, ...positions: number[]): Value | undefined =>
    of && g.op('Gather', [of, g.ints(positions)]);
  const crops = stringAttribute(node, 'coordinate_transformation_mode', 'half_pixel') === 'tf_crop_and_resize';
  return axes.flatMap((axis, position) => {
    const [from, to, given] = [x.dims?.[axis], y.dims?.[axis], scales?.value?.[position]];
    const ratio =
      from !== undefined && from === to
        ? 1
        : typeof from === 'number' && typeof to === 'number'
          ? to / from
          : undefined;
    const factor = typeof given === 'number' ? given : ratio;
    if (factor === 1 && !crops) return [];
    return [
      {
        axis,
        factor,
        scale: pick(scales, position),
        size: pick(sizes, position),
        region: crops ? pick(roi, position, position + axes.length) : undefined,
      },
    ];
  });
}

/** The matrix of one axis: [dim of y, dim of x], or the transpose of that. */
function interpolation(
  { g, node, inputs: [x] }: RuleContext,
  { axis, scale, size, region, roundedUpTo }: ResizedAxis,
  transposed: boolean,
): Value {
  const dim = x.dims?.[axis];
  const length = typeof dim === 'number' ? g.ints([dim]) : g.op('Shape', [x], { start: axis, end: axis + 1 });
  const identity = g.op('EyeLike', [g.op('Expand', [g.number(0, x), g.op('Concat', [length, length], { axis: 0 })])]);
  const resizedAxis = transposed ? 1 : 0;
  const extension = transposed ? [0, 0, 0, EXTENSION] : [0, 0, EXTENSION, 0];
  const unit = roundedUpTo ? g.op('Pad', [identity, g.ints(extension)], { mode: 'edge' }) : identity;
  // In four dimensions, which engines can do in every mode; the rows are resized, or the columns.
  const inFour = (before: number, of: Value, other: Value): Value => {
    const front = g.constant(of.dtype, [2], [before, before]);
    return g.op('Concat', transposed ? [front, other, of] : [front, of, other], { axis: 0 });
  };
  const regionInFour = (both: Value): Value => {
    const end = (i: number): Value => inFour(i, g.op('Gather', [both, g.ints([i])]), g.constant(both.dtype, [1], [i]));
    return g.op('Concat', [end(0), end(1)], { axis: 0 });
  };
  const matrix = g.op(
    'Resize',
    [
      g.op('Unsqueeze', [unit, g.ints([0, 1])]),
      region && regionInFour(region),
      scale && inFour(1, scale, g.constant(scale.dtype, [1], [1])),
      size && inFour(1, size, length),
    ],
    { ...node.attributes, axes: undefined, extrapolation_value: float(0) },
  );
  const whole = g.op('Squeeze', [matrix, g.ints([0, 1])]);
  return roundedUpTo ? g.op('Slice', [whole, g.ints([0]), g.ints([roundedUpTo]), g.ints([resizedAxis])]) : whole;
}

/** dy times the transposed matrix of one axis. */
function backAlong(context: RuleContext, resized: ResizedAxis, dy: Value): Value {
  const { g } = context;
  const rank = dy.dims?.length ?? 0;
  const { axis } = resized;
  const [from, to] = [context.inputs[0].dims?.[axis], context.outputs[0].dims?.[axis]];
  if (isLong(from, to)) {
    const [before, after] = [from as number, to as number];
    return backAlongTaps(g, context.node, dy, {
      axis,
      from: before,
      to: after,
      scale: resized.factor ?? after / before,
    });
  }
  if (axis === rank - 2) return g.op('MatMul', [interpolation(context, resized, true), dy]);
  const perm = moving(rank, axis, rank - 1);
  return g.transpose(g.op('MatMul', [g.transpose(dy, perm), interpolation(context, resized, false)]), inverse(perm));
}

/** True if whole factors repeat each element in a block. */
function repeatsBlocks(node: RuleContext['node']): boolean {
  if (stringAttribute(node, 'mode', 'nearest') !== 'nearest') return false;
  const coordinates = stringAttribute(node, 'coordinate_transformation_mode', 'half_pixel');
  const rounding = stringAttribute(node, 'nearest_mode', 'round_prefer_floor');
  if (coordinates === 'asymmetric') return rounding === 'floor';
  return (
    /^(pytorch_half_pixel|half_pixel|half_pixel_symmetric)$/.test(coordinates) && rounding.startsWith('round_prefer')
  );
}

/** Modes whose coordinates depend on the scale alone, and not on the sizes. */
const BY_SCALE = /^(half_pixel|asymmetric)$/;

/**
 * The node with the one scale that keeps the aspect ratio in place of its sizes, and the sizes of axes where the scale,
 * rounded down, gives less.
 */
function withOneScale(context: RuleContext): { context: RuleContext; roundedUp: ReadonlyMap<number, number> } {
  const { g, node, inputs, outputs, optional } = context;
  const policy = stringAttribute(node, 'keep_aspect_ratio_policy', 'stretch');
  const [x, y] = [inputs[0], outputs[0]];
  if (policy === 'stretch' || !optional(3)?.dims?.[0]) return { context, roundedUp: new Map() };
  const rank = rankOf(x, node);
  const axes = intsAttribute(node, 'axes', upTo(rank)).map((axis) => fromFront(axis, rank));
  const [from, to] = [x, y].map(({ dims }) => axes.map((axis) => dims?.[axis])) as [
    (Dim | undefined)[],
    (Dim | undefined)[],
  ];
  if (!isStatic(from as Dim[]) || !isStatic(to as Dim[]))
    refuse(node, `${policy} needs sizes that are known before the run`);
  const ratios = known(optional(3), node, 'sizes').map((size, i) => size / (from[i] as number));
  const scale = Math.fround(policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios));
  const byScale = BY_SCALE.test(stringAttribute(node, 'coordinate_transformation_mode', 'half_pixel'));
  const exact = axes.every((_, i) => Math.floor((from[i] as number) * scale) === to[i]);
  if (!exact && !byScale)
    refuse(
      node,
      `with ${policy}, a size that is rounded up has a rule for the coordinates half_pixel and asymmetric only`,
    );
  // Whether an engine rounds the product up or down is left open, so every axis is made longer and cut.
  const roundedUp = new Map(byScale ? axes.map((axis, i) => [axis, to[i] as number]) : []);
  const scales = g.constant(
    'float32',
    [axes.length],
    axes.map(() => scale),
  );
  const { keep_aspect_ratio_policy: _, ...attributes } = node.attributes;
  const operand = (i: number): Value | undefined => (i === 2 ? scales : i === 3 ? undefined : optional(i));
  return { context: { ...context, node: { ...node, attributes }, optional: operand }, roundedUp };
}

function resizeBack(given: RuleContext): Value {
  const { context, roundedUp } = withOneScale(given);
  const {
    g,
    node,
    inputs: [x],
    cotangents: [dy],
  } = context;
  const rank = rankOf(x, node);
  const axes = resizedAxes(context).map((axis) => ({ ...axis, roundedUpTo: roundedUp.get(axis.axis) }));
  const factors = upTo(rank)
    .map((i) => axes.find(({ axis }) => axis === i))
    .map((a) => (a ? a.factor : 1));
  const spatial = factors.slice(2);
  const pools = rank >= 3 && rank <= 5 && factors[0] === 1 && factors[1] === 1 && spatial.every(Number.isInteger);
  if (repeatsBlocks(node) && pools && roundedUp.size === 0) {
    // The sum over each block.
    const kernel = spatial as number[];
    const mean = g.op('AveragePool', [dy], { kernel_shape: kernel, strides: kernel });
    return g.mul(
      mean,
      g.number(
        kernel.reduce((a, b) => a * b, 1),
        dy,
      ),
    );
  }
  return axes.toReversed().reduce((value, axis) => backAlong(context, axis, value), dy);
}

const scales = (...data: number[]) => ({ dims: [data.length], data, constant: true });
const sizes = (...data: number[]) => ({ dims: [data.length], data, dtype: 'int64' as const, constant: true });
const x = [2, 2, 3, 4];
const by = (x: number[], scale: number[], attributes: RuleCase['attributes']): RuleCase => ({
  inputs: [x, null, scales(...scale)],
  attributes,
});
const to = (x: number[], size: number[], attributes: RuleCase['attributes']): RuleCase => ({
  inputs: [x, null, null, sizes(...size)],
  attributes,
});

const nearest: readonly RuleCase[] = [
  by(x, [1, 1, 2, 3], { mode: 'nearest' }),
  by(x, [1, 1, 2, 2], { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' }),
  by([1, 2, 3], [1, 1, 3], {
    mode: 'nearest',
    coordinate_transformation_mode: 'pytorch_half_pixel',
    nearest_mode: 'round_prefer_ceil',
  }),
  to([1, 2, 3], [1, 2, 6], { mode: 'nearest', coordinate_transformation_mode: 'half_pixel_symmetric' }),
  ...['half_pixel', 'align_corners', 'asymmetric', 'pytorch_half_pixel'].flatMap((coordinates) =>
    ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'].map((rounding) =>
      to([1, 1, 3, 5], [1, 1, 5, 3], {
        mode: 'nearest',
        coordinate_transformation_mode: coordinates,
        nearest_mode: rounding,
      }),
    ),
  ),
];

const smooth = (mode: string): readonly RuleCase[] => [
  ...['half_pixel', 'align_corners', 'asymmetric', 'pytorch_half_pixel', 'half_pixel_symmetric'].map((coordinates) =>
    to(x, [2, 2, 5, 3], { mode, coordinate_transformation_mode: coordinates }),
  ),
  by(x, [1, 1, 2, 2], { mode }),
  by(x, [1, 1, 0.7, 1.3], { mode }),
  by([1, 1, 4, 5], [1, 1, 0.5, 0.6], { mode, antialias: 1 }),
  to(x, [5, 6], { mode, axes: [2, 3] }),
  to(x, [6, 6], { mode, axes: [2, 3], keep_aspect_ratio_policy: 'not_larger' }),
  to(x, [7, 7], {
    mode,
    axes: [2, 3],
    keep_aspect_ratio_policy: 'not_smaller',
    coordinate_transformation_mode: 'asymmetric',
  }),
  to(x, [6, 6], { mode, axes: [2, 3], keep_aspect_ratio_policy: 'not_smaller' }),
  {
    inputs: [x, scales(0, 0, 0.2, -0.1, 1, 1, 0.9, 1.2), null, sizes(2, 2, 4, 3)],
    attributes: { mode, coordinate_transformation_mode: 'tf_crop_and_resize', extrapolation_value: float(3) },
  },
];

export const resizeRules: readonly Rule[] = [
  defineRule({
    op: 'Resize',
    since: [10, 11, 13, 18, 19],
    note: 'Every mode, coordinate transformation and antialiasing, along any axes. Upsample is rewritten into it when the model is read.',
    vjp(context) {
      if (context.wants(1) || context.wants(2)) refuse(context.node, 'its region or scales depend on the input');
      return [context.wants(0) && resizeBack(context)];
    },
    cases: [
      ...nearest,
      ...smooth('linear'),
      ...smooth('cubic'),
      by([1, 2, 4], [1, 1, 1.5], { mode: 'linear' }),
      by([1, 1, 2, 3, 2], [1, 1, 2, 1.5, 2], { mode: 'linear' }),
      by([2, 3], [2, 1.5], { mode: 'linear' }),
      by([2, 3, 4, 2], [1, 1, 1.5, 2], { mode: 'cubic', cubic_coeff_a: float(-0.5), exclude_outside: 1 }),
    ],
  }),
];
