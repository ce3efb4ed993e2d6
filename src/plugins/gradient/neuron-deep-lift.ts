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
    axioms: ['dummy', 'sensitivity'],
  },
  presets: { captum: { baseline: 0, multiply_by_inputs: true } },
  // DeepLIFT's own target_layer says where the values are read: here, that is the input.
  fixed: { target_layer: 'input' },
});
