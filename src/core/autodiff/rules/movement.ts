/** Operators that move elements and compute nothing: the cotangent goes back the way the values came. */

import { WhylightError } from '../../errors.ts';
import { intAttribute, intsAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import { isStatic } from '../../onnx/dims.ts';
import { defineRule, type Rule, type RuleContext } from '../rule.ts';
import { known, refuse } from './axes.ts';

const ints = (...data: number[]) => ({ dims: [data.length], data, dtype: 'int64' as const, constant: true });

/** For operators whose result is x in another shape. */
const backToShape = ({ g, inputs: [x], cotangents: [dy] }: RuleContext) => [g.reshapeLike(dy, x)];

/** Zeros around `dy`: `before` and `after` along one axis. */
const padAxis = (g: GraphBuilder, x: Value, axis: number, before: number, after: number): Value =>
  before === 0 && after === 0 ? x : g.op('Pad', [x, g.ints([before, after]), null, g.ints([axis])]);

/** The same for a slice from `start` on, of a dim of x that is only known at run time. */
function padAtRunTime(g: GraphBuilder, dy: Value, x: Value, axis: number, start: number): Value {
  const [total, kept] = [x, dy].map((v) => g.op('Shape', [v], { start: axis, end: axis + 1 })) as [Value, Value];
  const from =
    start < 0 ? g.op('Max', [g.add(total, g.ints([start])), g.ints([0])]) : g.op('Min', [total, g.ints([start])]);
  const after = g.sub(g.sub(total, from), kept);
  // For every axis, since engines may not expect a choice of axes (see simplify/spell-out-pads.ts).
  const rank = dy.dims?.length ?? 0;
  const none = (count: number): Value[] => (count > 0 ? [g.ints(Array.from({ length: count }, () => 0))] : []);
  const parts = [...none(axis), from, ...none(rank - 1), after, ...none(rank - axis - 1)];
  return g.op('Pad', [dy, g.op('Concat', parts, { axis: 0 })]);
}

/** Values scattered back into zeros of the shape of x, at every `step`-th position from `start` along one axis. */
function unslice(
  g: GraphBuilder,
  dy: Value,
  extents: { from: number; to: number; start: number; step: number },
  axis: number,
): Value {
  const { from, to, start, step } = extents;
  if (step === 1) return padAxis(g, dy, axis, start, from - start - to);
  const positions = Array.from({ length: from }, (_, i) => (i - start) / step).map((p) =>
    Number.isInteger(p) && p >= 0 && p < to ? p : to,
  );
  // One row of zeros behind the values stands in for every position that the slice left out.
  return g.op('Gather', [padAxis(g, dy, axis, 0, 1), g.ints(positions)], { axis });
}

export const movementRules: readonly Rule[] = [
  defineRule({
    op: 'Identity',
    since: [1, 13, 14, 16, 19, 21],
    vjp: ({ cotangents: [dy] }) => [dy],
    cases: [{ inputs: [[2, 3]] }],
  }),
  defineRule({
    op: 'Dropout',
    since: [7, 10, 12, 13],
    note: 'Inference only: the identity. Refused in training mode, which is random.',
    vjp({ node, cotangents: [dy], optional }) {
      const training = optional(2);
      if (training && training.value?.[0] !== 0) refuse(node, 'in training mode it is random');
      return [dy];
    },
    cases: [{ inputs: [[2, 3]] }],
  }),
  defineRule({
    op: 'Cast',
    since: [6, 9, 13, 19, 21],
    note: 'Between float types.',
    vjp({ g, node, inputs: [x], cotangents: [dy] }) {
      if (!/float/.test(x.dtype)) refuse(node, 'what it reads is quantised');
      return [x.dtype === dy.dtype ? dy : g.op('CastLike', [dy, x])];
    },
    cases: [{ inputs: [[2, 3]], attributes: { to: 1 } }],
  }),
  defineRule({
    op: 'CastLike',
    since: [15, 19, 21],
    vjp: ({ g, inputs: [x], cotangents: [dy] }) => [x.dtype === dy.dtype ? dy : g.op('CastLike', [dy, x])],
    cases: [{ inputs: [[2, 3], { dims: [1], data: [1], constant: true }] }],
  }),
  defineRule({
    op: 'Reshape',
    since: [5, 13, 14, 19, 21],
    vjp: backToShape,
    cases: [{ inputs: [[2, 6], ints(3, 4)] }, { inputs: [[2, 3, 4], ints(0, -1)] }],
  }),
  defineRule({
    op: 'Flatten',
    since: [1, 9, 11, 13, 21],
    vjp: backToShape,
    cases: [
      { inputs: [[2, 3, 4]] },
      { inputs: [[2, 3, 4]], attributes: { axis: 2 } },
      { inputs: [[2, 3]], attributes: { axis: 0 } },
    ],
  }),
  defineRule({
    op: 'Squeeze',
    since: [1, 11, 13, 21],
    vjp: backToShape,
    cases: [{ inputs: [[2, 1, 3, 1], ints(1)] }, { inputs: [[2, 1, 3, 1]] }],
  }),
  defineRule({ op: 'Unsqueeze', since: [1, 11, 13, 21], vjp: backToShape, cases: [{ inputs: [[2, 3], ints(0, -1)] }] }),
  defineRule({
    op: 'Transpose',
    since: [1, 13, 21],
    vjp({ g, node, inputs: [x], cotangents: [dy] }) {
      const rank = x.dims?.length ?? 0;
      const perm = intsAttribute(
        node,
        'perm',
        Array.from({ length: rank }, (_, i) => rank - 1 - i),
      );
      return [
        g.transpose(
          dy,
          perm.map((_, i) => perm.indexOf(i)),
        ),
      ];
    },
    cases: [{ inputs: [[2, 3, 4]] }, { inputs: [[2, 3, 4]], attributes: { perm: [1, 2, 0] } }],
  }),
  defineRule({
    op: 'Concat',
    since: [4, 11, 13],
    vjp({ g, node, inputs, cotangents: [dy], wants }) {
      const rank = inputs[0].dims?.length ?? 0;
      const axis = (intAttribute(node, 'axis', 0) + rank) % rank;
      const extents = node.inputs.map((_, i) => inputs[i]?.dims?.[axis]);
      // One part alone is cut out; several by one Split. Engines make that of slices too, but late: what stands behind the
      // parts then runs in a worse order.
      if (isStatic(extents as number[]) && node.inputs.filter((_, i) => wants(i)).length === 1) {
        const starts = [0];
        for (const extent of extents) starts.push((starts.at(-1) as number) + (extent as number));
        return node.inputs.map(
          (_, i) =>
            wants(i) &&
            g.op('Slice', [dy, g.ints([starts[i] as number]), g.ints([starts[i + 1] as number]), g.ints([axis])]),
        );
      }
      if (isStatic(extents as number[]))
        return g.ops('Split', [dy, g.ints(extents as number[])], { axis }, extents.length);
      const lengths = g.op(
        'Concat',
        node.inputs.map((_, i) => g.op('Shape', [inputs[i]], { start: axis, end: axis + 1 })),
        { axis: 0 },
      );
      return g.ops('Split', [dy, lengths], { axis }, node.inputs.length);
    },
    cases: [
      {
        inputs: [
          [2, 3],
          [2, 1],
          [2, 2],
        ],
        attributes: { axis: 1 },
      },
      {
        inputs: [
          [2, 3],
          [1, 3],
        ],
        attributes: { axis: -2 },
      },
    ],
  }),
  defineRule({
    op: 'Split',
    since: [2, 11, 13, 18],
    vjp({ g, node, outputs, cotangents }) {
      const parts = node.outputs.map((_, i) => cotangents[i] ?? g.zerosLike(outputs[i] as Value));
      return [parts.length === 1 ? parts[0] : g.op('Concat', parts, { axis: intAttribute(node, 'axis', 0) })];
    },
    cases: [
      { inputs: [[2, 6], ints(1, 2, 3)], attributes: { axis: 1 }, outputs: 3 },
      { inputs: [[5, 2]], attributes: { axis: 0, num_outputs: 2 }, outputs: 2 },
    ],
  }),
  defineRule({
    op: 'Slice',
    since: [1, 10, 11, 13],
    vjp({ g, node, inputs: [x, startsInput, endsInput], cotangents: [dy], optional, outputs: [y] }) {
      const rank = x.dims?.length ?? 0;
      const starts = known(startsInput, node, 'starts');
      const ends = endsInput.value;
      const axes = optional(3)
        ? known(optional(3), node, 'axes').map((a) => (a < 0 ? a + rank : a))
        : starts.map((_, i) => i);
      const steps = optional(4) ? known(optional(4), node, 'steps') : starts.map(() => 1);
      let value = dy;
      for (const [i, axis] of axes.entries()) {
        const [from, to, step] = [x.dims?.[axis], y.dims?.[axis], steps[i] as number];
        if (from === to && step === 1) continue;
        const raw = starts[i] as number;
        if (typeof from !== 'number' || typeof to !== 'number') {
          // Along a dim of any length: keep the front off or the back off, which needs no total.
          const end = ends?.[i];
          if (step === 1 && raw >= 0 && typeof end === 'number' && end >= 2 ** 31 - 1)
            value = padAxis(g, value, axis, raw, 0);
          else if (step === 1 && raw === 0 && typeof end === 'number' && end < 0)
            value = padAxis(g, value, axis, 0, -end);
          else if (step === 1) value = padAtRunTime(g, value, x, axis, raw);
          else
            throw new WhylightError(
              'not_differentiable',
              `Slice "${node.name}": the dim of axis ${axis} is only known at run time.`,
              { node: node.name },
            );
          continue;
        }
        const low = step > 0 ? 0 : -1;
        const start = Math.min(Math.max(raw < 0 ? raw + from : raw, low), step > 0 ? from : from - 1);
        value = unslice(g, value, { from, to, start, step }, axis);
      }
      return [value];
    },
    cases: [
      { inputs: [[4, 5], ints(1), ints(3)] },
      { inputs: [[4, 5], ints(0, -3), ints(4, 1000), ints(0, 1)] },
      { inputs: [[3, 7], ints(1), ints(7), ints(-1), ints(2)] },
      { inputs: [[3, 7], ints(-1), ints(-1000), ints(1), ints(-2)] },
    ],
  }),
];
