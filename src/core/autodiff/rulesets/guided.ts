/** Guided backpropagation: a ReLU passes back what is positive, where it was active. Springenberg et al. 2015, "Striving for simplicity", section 3.4. */

import { markBuiltIn } from '../built-in.ts';
import { gate } from '../rules/gate.ts';
import { withClip } from './clip.ts';
import { defineReluRuleset } from './relu.ts';

/**
 * Ruleset of guided backpropagation: a ReLU passes positive cotangents back where it was active.
 *
 * @example
 * import { defineBackprop, guided } from 'whylight/plugin';
 * export default defineBackprop({ id: 'my_guided', revision: 1, about, ruleset: guided, clipRuleset: guided });
 * @see https://arxiv.org/abs/1412.6806 section 3.4
 */
export const guided = markBuiltIn(
  defineReluRuleset({
    id: 'guided',
    title: 'Guided backpropagation',
    derivative: ({ g, y, dy, optimize }) => gate(g, y, g.op('Relu', [dy]), { low: 0 }, optimize),
  }),
);

/** The same, and a Clip from 0 on, such as ReLU6, counts as a ReLU. */
export const guidedClip = withClip(guided, 'guided_clip', ({ g, dy, y, high, optimize }) =>
  gate(g, y, g.op('Relu', [dy]), { low: 0, high }, optimize),
);
