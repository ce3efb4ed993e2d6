/** Operators on quantised tensors, as the float operator between dequantisation and quantisation. */
import { float, floatAttribute, intAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import { rankOf, refuse } from '../rules/axes.ts';
import { isQuantised } from '../rules/quantization.ts';
import type { Decomposition, DecompositionContext } from './decomposition.ts';

const domain = 'com.microsoft';

/** Tensor, scale and zero point from three inputs in a row. */
function dequantised({ g, inputs }: DecompositionContext, at: number, axis?: number): Value {
  const [x, scale, zero] = inputs.slice(at, at + 3) as [Value, Value, Value | undefined];
  const alone = (scale.dims?.length ?? 0) === 0 || scale.dims?.[0] === 1;
  // One scale may come as a vector of one.
  const fitting = (v: Value): Value => (alone && v.dims?.length !== 0 ? g.reshape(v, []) : v);
  return g.op('DequantizeLinear', [x, fitting(scale), zero && fitting(zero)], { axis: alone ? undefined : axis });
}

function quantised({ g, inputs }: DecompositionContext, y: Value, at: number): Value {
  const [scale, zero] = inputs.slice(at, at + 2) as [Value, Value | undefined];
  const scalar = (v: Value): Value => (v.dims?.length === 0 ? v : g.reshape(v, []));
  return g.op('QuantizeLinear', [y, scalar(scale), zero && scalar(zero)]);
}

const binary = (op: string, float: string): Decomposition => ({
  op,
  domain,
  rewrite: (context) => [
    quantised(context, context.g.op(float, [dequantised(context, 0), dequantised(context, 3)]), 6),
  ],
});

/** An operator on one tensor: x with scale and zero point, then scale and zero point of the result. */
const unary = (
  op: string,
  write: (g: GraphBuilder, x: Value, context: DecompositionContext) => Value,
): Decomposition => ({
  op,
  domain,
  rewrite: (context) => [quantised(context, write(context.g, dequantised(context, 0), context), 3)],
});

const channelsFirst = ({ node }: DecompositionContext): void => {
  if (intAttribute(node, 'channels_last', 0) === 1) refuse(node, 'channels in the last dimension have no rule');
};

export const quantizedDecompositions: readonly Decomposition[] = [
  {
    op: 'QLinearConv',
    rewrite(context) {
      const { g, node, inputs } = context;
      const [bias, x, w] = [inputs[8], inputs[1] as Value, inputs[4] as Value];
      // Its bias is of 32 bits, in steps of both scales.
      const shift = bias && g.mul(g.op('CastLike', [bias, x]), g.mul(x, w));
      return [
        quantised(
          context,
          g.op('Conv', [dequantised(context, 0), dequantised(context, 3, 0), shift], node.attributes),
          6,
        ),
      ];
    },
  },
  {
    op: 'QLinearMatMul',
    rewrite: (context) => [
      quantised(context, context.g.op('MatMul', [dequantised(context, 0), dequantised(context, 3, -1)]), 6),
    ],
  },
  {
    op: 'QGemm',
    domain,
    rewrite(context) {
      const { g, node, inputs } = context;
      const [bias, a, b] = [inputs[6], inputs[1] as Value, inputs[4] as Value];
      const transB = intAttribute(node, 'transB', 0);
      const shift = bias && g.mul(g.op('CastLike', [bias, a]), g.mul(a, b));
      const factors = [dequantised(context, 0), dequantised(context, 3, 1 - transB)];
      const alpha = floatAttribute(node, 'alpha', 1);
      const y = g.op('Gemm', [...factors, shift], {
        transA: intAttribute(node, 'transA', 0),
        transB,
        alpha: float(alpha),
      });
      return [inputs[7] ? quantised(context, y, 7) : y];
    },
  },
  binary('QLinearAdd', 'Add'),
  binary('QLinearMul', 'Mul'),
  unary('QLinearSigmoid', (g, x) => g.op('Sigmoid', [x])),
  unary('QLinearLeakyRelu', (g, x, { node }) =>
    g.op('LeakyRelu', [x], { alpha: float(floatAttribute(node, 'alpha', 0.01)) }),
  ),
  unary('QLinearSoftmax', (g, x, { node }) => {
    const axis = intAttribute(node, 'axis', -1);
    const last = axis === -1 || axis === rankOf(x, node) - 1;
    // Before operator set 13, softmax took everything from its axis on for one row.
    if (!last && intAttribute(node, 'opset', 13) < 13) refuse(node, 'a softmax over several axes has no rule');
    return g.op('Softmax', [x], { axis });
  }),
  unary('QLinearGlobalAveragePool', (g, x, context) => {
    channelsFirst(context);
    return g.op('GlobalAveragePool', [x]);
  }),
  unary('QLinearAveragePool', (g, x, context) => {
    channelsFirst(context);
    const { channels_last: _, ...attributes } = context.node.attributes;
    return g.op('AveragePool', [x], attributes);
  }),
  {
    op: 'QLinearConcat',
    domain,
    rewrite(context) {
      const { g, node, inputs } = context;
      const parts = Array.from({ length: (inputs.length - 2) / 3 }, (_, i) => dequantised(context, 2 + 3 * i));
      return [quantised(context, g.op('Concat', parts, { axis: intAttribute(node, 'axis', 1) }), 0)];
    },
  },
  {
    op: 'MaxPool',
    evenWithRule: true,
    note: 'On quantised values: in steps of 1, which changes nothing.',
    rewrite({ g, node, input, reads }) {
      const x = input(0);
      if (!isQuantised(x.dtype)) return undefined;
      if (reads(1)) refuse(node, 'its indices cannot be given out');
      const [one, zero] = [g.scalar(1), g.scalar(0, x.dtype)];
      const y = g.op('MaxPool', [g.op('DequantizeLinear', [x, one, zero])], node.attributes);
      return [g.op('QuantizeLinear', [y, one, zero])];
    },
  },
];
