import { guided, guidedClip } from '../../core/autodiff/rulesets/guided.ts';
import { defineBackprop } from '../../core/strategy/activation/backprop.ts';

/** The gradient, but a ReLU passes on only what is positive both forward and backward. */
export default defineBackprop({
  id: 'neuron_guided_backprop',
  revision: 2,
  about: {
    title: 'Neuron Guided Backpropagation',
    summary: 'What excites an element inside the model, in fine detail: guided backpropagation from there.',
    paper: {
      title: 'Striving for Simplicity: The All Convolutional Net',
      year: 2014,
      url: 'https://arxiv.org/abs/1412.6806',
      where: 'figure 1',
    },
    modalities: ['image', 'series', 'vector'],
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: false },
  },
  presets: { captum: { clip: false } },
  ruleset: guided,
  clipRuleset: guidedClip,
  neuron: true,
});
