/** Softmax and its logarithm along one axis. */
import { intAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import { defineRule, type Rule, type RuleCase } from '../rule.ts';

const axes: readonly RuleCase[] = [
  { inputs: [[2, 5]] },
  { inputs: [[2, 3, 4]], attributes: { axis: 1 } },
  { inputs: [[2, 3, 4]], attributes: { axis: 0 } },
  { inputs: [[2, 3, 4]], attributes: { axis: -2 } },
];

/**
 * The softmax of a row that is masked out entirely is NaN, which exporters replace by 0 right behind it. The derivative of
 * such a row is 0. Graphs that do not ask for NaN do not pay for it.
 */
function withoutNaN(g: GraphBuilder, y: Value): Value {
  const undefinedRows = g.existing('IsNaN', [y]);
  return undefinedRows ? g.where(undefinedRows, g.number(0, y), y) : y;
}

export const softmaxRules: readonly Rule[] = [
  defineRule({
    op: 'Softmax',
    since: [1, 11, 13],
    note: 'Before version 13 the operator flattens to two dims: rewritten when the model is read.',
    vjp({ g, node, outputs: [y], cotangents: [dy] }) {
      const weights = withoutNaN(g, y);
      const weighted = g.mul(dy, weights);
      const sum = g.reduce('ReduceSum', weighted, [intAttribute(node, 'axis', -1)]);
      return [g.sub(weighted, g.mul(weights, sum))];
    },
    cases: axes,
  }),
  defineRule({
    op: 'LogSoftmax',
    since: [1, 11, 13],
    vjp({ g, node, outputs: [y], cotangents: [dy] }) {
      const sum = g.reduce('ReduceSum', dy, [intAttribute(node, 'axis', -1)]);
      return [g.sub(dy, g.mul(g.op('Exp', [y]), sum))];
    },
    cases: axes,
  }),
];
