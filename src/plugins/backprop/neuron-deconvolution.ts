import { deconvnet, deconvnetClip } from '../../core/autodiff/rulesets/deconvnet.ts';
import { defineBackprop } from '../../core/strategy/activation/backprop.ts';

/** The gradient, but a ReLU passes on what is positive backward, whatever went forward. */
export default defineBackprop({
  id: 'neuron_deconvolution',
  revision: 2,
  about: {
    title: 'Neuron Deconvolution',
    summary: 'What excites an element inside the model: deconvolution from there.',
    paper: {
      title: 'Visualizing and Understanding Convolutional Networks',
      year: 2013,
      url: 'https://arxiv.org/abs/1311.2901',
      where: 'section 2.1',
    },
    modalities: ['image', 'series', 'vector'],
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: false },
  },
  presets: { captum: { clip: false } },
  ruleset: deconvnet,
  clipRuleset: deconvnetClip,
  neuron: true,
});
