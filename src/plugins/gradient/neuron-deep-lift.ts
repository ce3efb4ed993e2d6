import { neuronForm } from '../../core/strategy/inner-method/neuron-form.ts';
import deepLift from './deep-lift.ts';

/** DeepLIFT's Rescale rule from an inner element back to the input. */
export default neuronForm(deepLift, {
  id: 'neuron_deep_lift',
  revision: 1,
  about: {
    title: 'Neuron DeepLIFT',
    summary:
      "How much of the difference between an inner element's value and its value at the baseline each element of the input explains, in a single pass.",
    paper: {
      title: 'Learning Important Features Through Propagating Activation Differences',
      year: 2017,
      url: 'https://arxiv.org/abs/1704.02685',
      where: 'section 3.5.2',
    },
    modalities: ['image', 'vector', 'series', 'tokens'],
    properties: { signed: true, complete: true, deterministic: true, classDiscriminative: false },
    axioms: ['dummy', 'sensitivity'],
  },
  presets: { captum: { baseline: 0, multiply_by_inputs: true } },
  // DeepLIFT's own target_layer says where the values are read: here, that is the input.
  fixed: { target_layer: 'input' },
});
