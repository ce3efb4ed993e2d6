/** Normalisations in their inference form. */
import { floatAttribute } from '../../onnx/attributes.ts';
import { defineRule, type Rule } from '../rule.ts';

const positive = { dims: [3], range: [0.5, 2] as const, constant: true };
const constant = { dims: [3], constant: true };

export const normalizationRules: readonly Rule[] = [
  defineRule({
    op: 'BatchNormalization',
    since: [7, 9, 14, 15],
    note: 'With the running mean and variance.',
    vjp({ g, node, inputs: [x, scale, , , variance], cotangents: [dy] }) {
      const epsilon = floatAttribute(node, 'epsilon', 1e-5);
      const factor = g.div(scale, g.op('Sqrt', [g.add(variance, g.number(epsilon, variance))]));
      const rank = x.dims?.length ?? 2;
      const perChannel =
        rank <= 2 ? factor : g.reshape(factor, [factor.dims?.[0] ?? -1, ...Array.from({ length: rank - 2 }, () => 1)]);
      return [g.mul(dy, perChannel)];
    },
    cases: [
      { inputs: [[2, 3, 2, 2], constant, constant, constant, positive] },
      { inputs: [[2, 3], constant, constant, constant, positive] },
    ],
  }),
];
