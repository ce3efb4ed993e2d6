import { neuronForm } from '../../core/strategy/inner-method/neuron-form.ts';
import gradientShap from './gradient-shap.ts';

/** Expected gradients of an inner element. */
export default neuronForm(gradientShap, {
  id: 'neuron_gradient_shap',
  revision: 1,
  about: {
    title: 'Neuron Gradient SHAP',
    summary:
      'Expected gradients of an element inside the model: its Integrated Gradients averaged over a distribution of baselines, by random samples.',
    axioms: ['symmetry', 'dummy'],
  },
  presets: { captum: { n_samples: 5, stdevs: 0, multiply_by_inputs: true } },
});
