import { guided, guidedClip } from '../../core/autodiff/rulesets/guided.ts';
import { arxiv } from '../../core/method/papers.ts';
import { defineBackprop } from '../../core/strategy/activation/backprop.ts';

/** The gradient, but a ReLU passes on only what is positive both forward and backward. */
export default defineBackprop({
  id: 'guided_backprop',
  revision: 1,
  about: {
    title: 'Guided Backpropagation',
    summary:
      'Fine detail that excites the features behind the score: the gradient with all negative signals stopped at the ReLUs.',
    paper: arxiv('1412.6806', 2014, 'Striving for Simplicity: The All Convolutional Net', 'figure 1'),
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: false },
  },
  presets: { captum: { clip: false }, xplique: { clip: false, reduction: 'mean' } },
  ruleset: guided,
  clipRuleset: guidedClip,
});
