/**
 * Resize. Whatever the mode, it is linear in its input and works on one axis after the other: a matrix for each axis. The
 * way back multiplies with its transpose. The matrix is what the operator itself makes of a unit matrix, so that it is
 * the engine's own to the last bit, in every mode; engines work that out once, when they load the graph.
 */
import { float, intsAttribute, stringAttribute } from '../../onnx/attributes.ts';
import type { Value } from '../../onnx/builder.ts';
import { defineRule, type Rule, type RuleCase, type RuleContext } from '../rule.ts';
import { fromFront, inverse, moving, rankOf, refuse, upTo } from './axes.ts';

interface ResizedAxis {
  readonly axis: number;
  /** The node's scale, size and region for this axis, as vectors of 1, 1 and 2 elements. */
  readonly scale?: Value;
  readonly size?: Value;
  readonly region?: Value;
  /** The ratio of the extents, where it is known. */
  readonly factor?: number;
}

/** The axes that the node changes. */
function resizedAxes({ g, node, inputs: [x], outputs: [y], optional }: RuleContext): ResizedAxis[] {
  const rank = rankOf(x, node);
  const axes = intsAttribute(node, 'axes', upTo(rank)).map((a) => fromFront(a, rank));
  // Older exporters leave an optional input empty instead of out.
  const [roi, scales, sizes] = [1, 2, 3].map(optional).map((v) => (v?.dims?.[0] === 0 ? undefined : v));
  const pick = (of: Value | undefined, ...places: number[]): Value | undefined =>
    of && g.op('Gather', [of, g.ints(places)]);
  const crops = stringAttribute(node, 'coordinate_transformation_mode', 'half_pixel') === 'tf_crop_and_resize';
  return axes.flatMap((axis, place) => {
    const [from, to, given] = [x.dims?.[axis], y.dims?.[axis], scales?.value?.[place]];
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
        scale: pick(scales, place),
        size: pick(sizes, place),
        region: crops ? pick(roi, place, place + axes.length) : undefined,
      },
    ];
  });
}

/** The matrix of one axis: [extent of y, extent of x], or the transpose of that. */
function interpolation(
  { g, node, inputs: [x] }: RuleContext,
  { axis, scale, size, region }: ResizedAxis,
  transposed: boolean,
): Value {
  const extent = x.dims?.[axis];
  const length = typeof extent === 'number' ? g.ints([extent]) : g.op('Shape', [x], { start: axis, end: axis + 1 });
  const unit = g.op('EyeLike', [g.op('Expand', [g.number(0, x), g.op('Concat', [length, length], { axis: 0 })])]);
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
  return g.op('Squeeze', [matrix, g.ints([0, 1])]);
}

/** dy times the transposed matrix of one axis. */
function backAlong(context: RuleContext, resized: ResizedAxis, dy: Value): Value {
  const { g } = context;
  const rank = dy.dims?.length ?? 0;
  const { axis } = resized;
  if (axis === rank - 2) return g.op('MatMul', [interpolation(context, resized, true), dy]);
  const perm = moving(rank, axis, rank - 1);
  return g.transpose(g.op('MatMul', [g.transpose(dy, perm), interpolation(context, resized, false)]), inverse(perm));
}

/** Whether whole factors repeat each element in a block. */
function repeatsBlocks(node: RuleContext['node']): boolean {
  if (stringAttribute(node, 'mode', 'nearest') !== 'nearest') return false;
  const coordinates = stringAttribute(node, 'coordinate_transformation_mode', 'half_pixel');
  const rounding = stringAttribute(node, 'nearest_mode', 'round_prefer_floor');
  if (coordinates === 'asymmetric') return rounding === 'floor';
  return (
    /^(pytorch_half_pixel|half_pixel|half_pixel_symmetric)$/.test(coordinates) && rounding.startsWith('round_prefer')
  );
}

function resizeBack(context: RuleContext): Value {
  const {
    g,
    node,
    inputs: [x],
    cotangents: [dy],
  } = context;
  if (stringAttribute(node, 'keep_aspect_ratio_policy', 'stretch') !== 'stretch')
    refuse(node, 'only the keep_aspect_ratio_policy "stretch" has a rule');
  const rank = rankOf(x, node);
  const axes = resizedAxes(context);
  const factors = upTo(rank)
    .map((i) => axes.find(({ axis }) => axis === i))
    .map((a) => (a ? a.factor : 1));
  const spatial = factors.slice(2);
  const pools = rank >= 3 && rank <= 5 && factors[0] === 1 && factors[1] === 1 && spatial.every(Number.isInteger);
  if (repeatsBlocks(node) && pools) {
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
    vjp: (context) => [resizeBack(context)],
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
