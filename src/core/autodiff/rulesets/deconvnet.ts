/** Deconvolution: a ReLU passes back what is positive, wherever it was active. Zeiler and Fergus 2014, "Visualizing and understanding convolutional networks", section 2.1. */
import { markBuiltIn } from '../built-in.ts';
import { withClip } from './clip.ts';
import { defineReluRuleset } from './relu.ts';

/**
 * Ruleset of deconvolution: a ReLU passes positive cotangents back, whether it was active or not.
 *
 * @example
 * import { deconvnet, defineBackprop } from 'whylight/plugin';
 * export default defineBackprop({ id: 'my_deconv', revision: 1, about, ruleset: deconvnet, clipRuleset: deconvnet });
 * @see https://arxiv.org/abs/1311.2901 section 2.1
 */
export const deconvnet = markBuiltIn(
  defineReluRuleset({
    id: 'deconvnet',
    title: 'Deconvolution',
    derivative: ({ g, dy }) => g.op('Relu', [dy]),
  }),
);

/** The same, and a Clip from 0 on, such as ReLU6, counts as a ReLU. */
export const deconvnetClip = withClip(deconvnet, 'deconvnet_clip', ({ g, dy }) => g.op('Relu', [dy]));
