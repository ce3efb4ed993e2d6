/** Softmax and its logarithm along one axis. */
import { intAttribute } from '../../onnx/attributes.ts';
import { defineRule, type Rule, type RuleCase } from '../rule.ts';

const axes: readonly RuleCase[] = [
  { inputs: [[2, 5]] },
  { inputs: [[2, 3, 4]], attributes: { axis: 1 } },
  { inputs: [[2, 3, 4]], attributes: { axis: 0 } },
  { inputs: [[2, 3, 4]], attributes: { axis: -2 } },
];

export const softmaxRules: readonly Rule[] = [
  defineRule({
    op: 'Softmax',
    since: [1, 11, 13],
    note: 'Before version 13 the operator flattens to two extents: rewritten when the model is read.',
    vjp({ g, node, outputs: [y], cotangents: [dy] }) {
      const weighted = g.mul(dy, y);
      const sum = g.reduce('ReduceSum', weighted, [intAttribute(node, 'axis', -1)]);
      return [g.sub(weighted, g.mul(y, sum))];
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
