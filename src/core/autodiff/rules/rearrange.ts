/** Operators that repeat, mask, accumulate or reorder elements by a fixed pattern. */
import { intAttribute, stringAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import { isStatic } from '../../onnx/dims.ts';
import { defineRule, type Rule } from '../rule.ts';
import { rankOf, refuse, upTo } from './axes.ts';

const ints = (...data: number[]) => ({ dims: [data.length], data, dtype: 'int64' as const, constant: true });
const scalar = (value: number) => ({ dims: [], data: [value], dtype: 'int64' as const, constant: true });

/** Sums over the copies that Tile made: the dims read as (copy, position) along each axis. */
function sumOfCopies(g: GraphBuilder, x: Value, repeats: Value, dy: Value, rank: number): Value {
  const times = repeats.value;
  const copied = upTo(rank).filter((i) => times?.[i] !== 1);
  if (copied.length === 0) return dy;
  const known = isStatic(x.dims) && times && isStatic(times);
  const pairs = known
    ? g.ints(upTo(rank).flatMap((i) => [times[i] as number, x.dims?.[i] as number]))
    : g.op('Reshape', [
        g.op(
          'Concat',
          [repeats, g.shapeOf(x)].map((v) => g.op('Unsqueeze', [v, g.ints([1])])),
          { axis: 1 },
        ),
        g.ints([-1]),
      ]);
  return g.reduce(
    'ReduceSum',
    g.op('Reshape', [dy, pairs]),
    upTo(rank).map((i) => 2 * i),
    false,
  );
}

/** For depth index c * b^2 + k, as CRD has it, the index k * C + c that DCR has. */
const crdFromDcr = (channels: number, block: number): number[] =>
  upTo(channels * block * block).map((i) => (i % (block * block)) * channels + Math.floor(i / (block * block)));

export const rearrangeRules: readonly Rule[] = [
  defineRule({
    op: 'Expand',
    since: [8, 13],
    vjp: ({ cotangents: [dy] }) => [dy],
    cases: [{ inputs: [[3, 1], ints(2, 3, 4)] }, { inputs: [[2, 1, 3], ints(1, 4, 1)] }, { inputs: [[], ints(2)] }],
  }),
  defineRule({
    op: 'Tile',
    since: [6, 13],
    vjp: ({ g, node, inputs: [x, repeats], cotangents: [dy] }) => [sumOfCopies(g, x, repeats, dy, rankOf(x, node))],
    cases: [
      { inputs: [[2, 3], ints(2, 1)] },
      { inputs: [[2, 1, 3], ints(1, 4, 2)] },
      { inputs: [[3], { ...ints(2), constant: false }] },
      { inputs: [[2, 2], ints(1, 1)] },
    ],
  }),
  defineRule({
    op: 'Trilu',
    since: [14],
    vjp: ({ g, node, cotangents: [dy], optional }) => [g.op('Trilu', [dy, optional(1)], node.attributes)],
    cases: [
      { inputs: [[2, 3, 4]] },
      { inputs: [[3, 3], scalar(-1)], attributes: { upper: 0 } },
      { inputs: [[3, 4], scalar(1)] },
    ],
  }),
  defineRule({
    op: 'CumSum',
    since: [11, 14],
    vjp({ g, node, inputs: [, axis], cotangents: [dy] }) {
      const reverse = 1 - intAttribute(node, 'reverse', 0);
      return [g.op('CumSum', [dy, axis], { exclusive: intAttribute(node, 'exclusive', 0), reverse })];
    },
    cases: [
      { inputs: [[2, 4], scalar(1)] },
      { inputs: [[2, 4], scalar(-1)], attributes: { exclusive: 1 } },
      { inputs: [[3, 2], scalar(0)], attributes: { reverse: 1 } },
      { inputs: [[2, 3], scalar(1)], attributes: { reverse: 1, exclusive: 1 } },
    ],
  }),
  defineRule({
    op: 'DepthToSpace',
    since: [1, 11, 13],
    vjp({ g, node, inputs: [x], cotangents: [dy] }) {
      const block = intAttribute(node, 'blocksize', 1);
      const back = g.op('SpaceToDepth', [dy], { blocksize: block });
      if (stringAttribute(node, 'mode', 'DCR') === 'DCR') return [back];
      const channels = x.dims?.[1];
      if (typeof channels !== 'number') refuse(node, 'the number of channels is not known before the run');
      return [g.op('Gather', [back, g.ints(crdFromDcr(channels / block ** 2, block))], { axis: 1 })];
    },
    cases: [
      { inputs: [[1, 8, 2, 3]], attributes: { blocksize: 2 } },
      { inputs: [[2, 12, 1, 2]], attributes: { blocksize: 2, mode: 'CRD' } },
      { inputs: [[1, 9, 2, 1]], attributes: { blocksize: 3, mode: 'CRD' } },
    ],
  }),
  defineRule({
    op: 'SpaceToDepth',
    since: [1, 13],
    vjp: ({ g, node, cotangents: [dy] }) => [
      g.op('DepthToSpace', [dy], { blocksize: intAttribute(node, 'blocksize', 1) }),
    ],
    cases: [
      { inputs: [[1, 2, 4, 6]], attributes: { blocksize: 2 } },
      { inputs: [[2, 1, 3, 3]], attributes: { blocksize: 3 } },
    ],
  }),
  defineRule({
    op: 'ReverseSequence',
    since: [10],
    vjp: ({ g, node, inputs: [, lengths], cotangents: [dy] }) => [
      g.op('ReverseSequence', [dy, lengths], node.attributes),
    ],
    cases: [
      { inputs: [[4, 3, 2], ints(4, 2, 1)] },
      { inputs: [[2, 3], ints(2, 3)], attributes: { batch_axis: 0, time_axis: 1 } },
    ],
  }),
];
