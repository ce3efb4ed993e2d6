/** Guided backpropagation: a ReLU passes back what is positive, where it was active. Springenberg et al. 2015, "Striving for simplicity", section 3.4. */

import { defineElementwise } from '../rule.ts';
import { whereAbove } from '../rules/activation.ts';
import { defineRuleset } from '../ruleset.ts';
import { gradient } from './gradient.ts';

export const guided = defineRuleset({
  id: 'guided',
  title: 'Guided backpropagation',
  base: gradient,
  rules: [
    defineElementwise({
      op: 'Relu',
      since: [6, 13, 14],
      surrogate: true,
      derivative: ({ g, y, dy }) => whereAbove(g, y, 0, g.op('Relu', [dy])),
    }),
  ],
});
