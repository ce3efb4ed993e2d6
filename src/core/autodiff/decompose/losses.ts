/** Losses against class indices: the negative log-likelihood of the target, weighted and reduced. */
import { intAttribute, stringAttribute } from '../../onnx/attributes.ts';
import type { Value } from '../../onnx/builder.ts';
import type { Decomposition, DecompositionContext } from './decomposition.ts';

/** Loss of log-probabilities [N, C, ...] against class indices [N, ...]. */
function likelihoodLoss({ g, node, inputs, input }: DecompositionContext, logProbabilities: Value): Value {
  const [target, classWeights] = [g.op('Cast', [input(1)], { to: 7 }), inputs[2]];
  const ignored = intAttribute(node, 'ignore_index');
  const skipped = ignored === undefined ? undefined : g.op('Equal', [target, g.scalar(ignored, 'int64')]);
  const index = skipped ? g.where(skipped, g.scalar(0, 'int64'), target) : target;
  const picked = g.op('GatherElements', [logProbabilities, g.op('Unsqueeze', [index, g.ints([1])])], { axis: 1 });
  const likelihood = g.op('Squeeze', [picked, g.ints([1])]);
  const ofClass = classWeights
    ? g.op('Gather', [classWeights, index])
    : g.expandLike(g.number(1, likelihood), likelihood);
  const weights = skipped ? g.where(skipped, g.number(0, ofClass), ofClass) : ofClass;
  const losses = g.neg(g.mul(likelihood, weights));
  const reduction = stringAttribute(node, 'reduction', 'mean');
  if (reduction === 'none') return losses;
  const total = g.op('ReduceSum', [losses], { keepdims: 0 });
  return reduction === 'sum' ? total : g.div(total, g.op('ReduceSum', [weights], { keepdims: 0 }));
}

export const lossDecompositions: readonly Decomposition[] = [
  { op: 'NegativeLogLikelihoodLoss', rewrite: (context) => [likelihoodLoss(context, context.input(0))] },
  {
    op: 'SoftmaxCrossEntropyLoss',
    rewrite(context) {
      const logProbabilities = context.g.op('LogSoftmax', [context.input(0)], { axis: 1 });
      return [likelihoodLoss(context, logProbabilities), logProbabilities];
    },
  },
];
