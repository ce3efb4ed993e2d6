/** Normalisations that are others with something added, and those by the root mean square (Zhang and Sennrich 2019). */
import { float, floatAttribute, intAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import { alongAxis, fromFront, rankOf, upTo } from '../rules/axes.ts';
import type { Decomposition, DecompositionContext } from './decomposition.ts';

const domain = 'com.microsoft';

/** x over the root of its mean square, times scale; and that root's inverse. */
function rootMeanSquare(
  g: GraphBuilder,
  x: Value,
  scale: Value,
  axes: readonly number[],
  epsilon: number,
): [Value, Value] {
  const square = g.add(g.reduce('ReduceMean', g.mul(x, x), axes), g.number(epsilon, x));
  const inverse = g.op('Reciprocal', [g.op('Sqrt', [square])]);
  return [g.mul(g.mul(x, inverse), scale), inverse];
}

/** The sum that a Skip... operator normalises: input, skip and bias. */
const skipSum = ({ g, input }: DecompositionContext, bias: Value | undefined): Value => {
  const sum = g.add(input(0), input(1));
  return bias ? g.add(sum, bias) : sum;
};

/** Normalised by the mean and variance of the batch; running statistics as further outputs. */
const trainingBatchNorm: Decomposition = {
  op: 'BatchNormalization',
  evenWithRule: true,
  note: 'In training mode, where rows depend on one another.',
  rewrite({ g, node, input }) {
    if (intAttribute(node, 'training_mode', 0) !== 1) return undefined;
    const x = input(0);
    const rank = rankOf(x, node);
    const axes = upTo(rank).filter((axis) => axis !== 1);
    const perChannel = (v: Value): Value => alongAxis(g, v, 1, rank);
    const mean = g.reduce('ReduceMean', x, axes);
    const centred = g.sub(x, mean);
    const variance = g.reduce('ReduceMean', g.mul(centred, centred), axes);
    const deviation = g.op('Sqrt', [g.add(variance, g.number(floatAttribute(node, 'epsilon', 1e-5), variance))]);
    const y = g.add(g.mul(g.div(centred, deviation), perChannel(input(1))), perChannel(input(2)));
    const momentum = floatAttribute(node, 'momentum', 0.9);
    const running = (before: Value, now: Value): Value => {
      const flat = g.reshape(now, before.dims ?? [-1], before);
      return g.add(g.mul(before, g.number(momentum, before)), g.mul(flat, g.number(1 - momentum, flat)));
    };
    return [y, running(input(3), mean), running(input(4), variance)];
  },
};

export const normalizationDecompositions: readonly Decomposition[] = [
  trainingBatchNorm,
  {
    op: 'SimplifiedLayerNormalization',
    note: "onnxruntime's own, though in the standard domain.",
    rewrite({ g, node, input }) {
      const x = input(0);
      const rank = rankOf(x, node);
      const axes = upTo(rank).slice(fromFront(intAttribute(node, 'axis', -1), rank));
      return rootMeanSquare(g, x, input(1), axes, floatAttribute(node, 'epsilon', 1e-5));
    },
  },
  {
    op: 'SkipLayerNormalization',
    domain,
    note: 'input, skip, gamma, beta, bias.',
    rewrite(context) {
      const {
        g,
        node,
        inputs: [, , gamma, beta, bias],
      } = context;
      const sum = skipSum(context, bias);
      const outputs = g.ops(
        'LayerNormalization',
        [sum, gamma, beta],
        { epsilon: float(floatAttribute(node, 'epsilon', 1e-12)) },
        context.reads(1) || context.reads(2) ? 3 : 1,
      );
      return [outputs[0], outputs[1], outputs[2], sum];
    },
  },
  {
    op: 'SkipSimplifiedLayerNormalization',
    domain,
    note: 'input, skip, gamma, bias.',
    rewrite(context) {
      const {
        g,
        node,
        inputs: [, , , bias],
      } = context;
      const sum = skipSum(context, bias);
      const [y, inverse] = rootMeanSquare(
        g,
        sum,
        context.input(2),
        [rankOf(sum, node) - 1],
        floatAttribute(node, 'epsilon', 1e-12),
      );
      return [y, undefined, inverse, sum];
    },
  },
];
