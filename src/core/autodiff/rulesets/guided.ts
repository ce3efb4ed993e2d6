/** Guided backpropagation: a ReLU passes back what is positive, where it was active. Springenberg et al. 2015, "Striving for simplicity", section 3.4. */

import { defineElementwise } from '../rule.ts';
import { gate } from '../rules/gate.ts';
import { defineRuleset } from '../ruleset.ts';
import { withClip } from './clip.ts';
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
      derivative: ({ g, y, dy, optimize }) => gate(g, y, g.op('Relu', [dy]), { low: 0 }, optimize),
    }),
  ],
});

/** The same, and a Clip from 0 on, such as ReLU6, counts as a ReLU. */
export const guidedClip = withClip(guided, 'guided_clip', ({ g, dy, y, high, optimize }) =>
  gate(g, y, g.op('Relu', [dy]), { low: 0, high }, optimize),
);
