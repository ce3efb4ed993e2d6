/**
 * Quantisation, straight through: the rounding counts as the identity, what saturates gets nothing. Bengio, Léonard and
 * Courville 2013, "Estimating or propagating gradients through stochastic neurons"; the mask as in PyTorch's fake
 * quantisation. A cotangent of quantised values is that of the real numbers they stand for.
 */
import { intAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import type { DataType } from '../../tensor/tensor.ts';
import { defineRule, type Rule } from '../rule.ts';
import { alongAxis, fromFront, rankOf, refuse } from './axes.ts';

const RANGES: Partial<Record<DataType, readonly [number, number]>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65535],
  int16: [-32768, 32767],
};

/** Values that QuantizeLinear makes: what is derived for them is a float. */
export const isQuantised = (dtype: DataType): boolean => dtype in RANGES;

/** dy where x rounds to a value in the range, else 0. */
function withinRange(
  g: GraphBuilder,
  x: Value,
  dy: Value,
  scale: Value,
  zero: Value | undefined,
  [low, high]: readonly [number, number],
): Value {
  const float = zero && g.op('CastLike', [zero, scale]);
  const middle = g.number((low + high) / 2, scale);
  const centre = g.mul(float ? g.sub(middle, float) : middle, scale);
  const reach = g.mul(g.number((high - low + 1) / 2, scale), scale);
  const inside = g.op('Less', [g.op('Abs', [g.sub(x, centre)]), reach]);
  return g.where(inside, dy, g.number(0, dy));
}

const int8 = (dims: number[], data: number[], dtype: DataType = 'int8') => ({ dims, data, dtype });
const steps = { dims: [3], data: [0.01, 0.02, 0.005], constant: true };

export const quantizationRules: readonly Rule[] = [
  defineRule({
    op: 'QuantizeLinear',
    since: [10, 13, 19, 21],
    surrogate: true,
    note: 'Straight through; zero where the value saturates.',
    vjp({ g, node, inputs: [x, scale], outputs: [y], cotangents: [dy], wants, optional }) {
      if (wants(1)) refuse(node, 'its scale depends on the input');
      if (intAttribute(node, 'block_size', 0) > 0) refuse(node, 'scales of blocks have no rule');
      const range = RANGES[y.dtype];
      if (!range) refuse(node, `${y.dtype} has no rule`);
      const rank = rankOf(x, node);
      const axis = fromFront(intAttribute(node, 'axis', 1), rank);
      const along = (v: Value): Value => alongAxis(g, v, axis, rank);
      const zero = optional(2);
      return [withinRange(g, x, dy, along(scale), zero && along(zero), range)];
    },
    cases: [
      { inputs: [[2, 3], { dims: [], data: [0.01], constant: true }, int8([], [3])] },
      { inputs: [[2, 3, 2], steps, int8([3], [0, 1, -2])], attributes: { axis: 1 } },
    ],
  }),
  defineRule({
    op: 'DequantizeLinear',
    since: [10, 13, 19, 21],
    surrogate: true,
    note: 'Straight through.',
    vjp({ node, cotangents: [dy], wants }) {
      if (wants(1)) refuse(node, 'its scale depends on the input');
      return [dy];
    },
    cases: [{ inputs: [int8([2, 3], [1, 2, 3, 4, 5, 6]), { dims: [], data: [0.01], constant: true }, int8([], [3])] }],
  }),
];
