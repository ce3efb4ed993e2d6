import { deconvnet, deconvnetClip } from '../../core/autodiff/rulesets/deconvnet.ts';
import { arxiv } from '../../core/method/papers.ts';
import { defineBackprop } from '../../core/strategy/activation/backprop.ts';

/** The gradient, but a ReLU passes on what is positive backward, whatever went forward. */
export default defineBackprop({
  id: 'deconvolution',
  revision: 1,
  about: {
    title: 'Deconvolution',
    summary:
      'What in the input excites the features behind the score: the signal is sent back with a ReLU in place of each gradient of a ReLU.',
    paper: arxiv('1311.2901', 2013, 'Visualizing and Understanding Convolutional Networks', 'section 2.1'),
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: false },
  },
  presets: { captum: { clip: false }, xplique: { clip: false, reduction: 'mean' } },
  ruleset: deconvnet,
  clipRuleset: deconvnetClip,
});
