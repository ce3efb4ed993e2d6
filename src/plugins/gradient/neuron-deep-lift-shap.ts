import { neuronForm } from '../../core/strategy/inner-method/neuron-form.ts';
import deepLiftShap from './deep-lift-shap.ts';

/** The mean of Neuron DeepLIFT's values over baselines. */
export default neuronForm(deepLiftShap, {
  id: 'neuron_deep_lift_shap',
  revision: 1,
  about: {
    title: 'Neuron DeepLIFT SHAP',
    summary:
      'DeepLIFT from an element inside the model to the input, averaged over all baselines of the request: an estimate of Shapley values of the neuron.',
    axioms: ['dummy', 'sensitivity'],
  },
  presets: { captum: { multiply_by_inputs: true } },
});
