import { neuronForm } from '../../core/strategy/inner-method/neuron-form.ts';
import deconvolution from './deconvolution.ts';

/** Deconvolution from an inner element back to the input. */
export default neuronForm(deconvolution, {
  id: 'neuron_deconvolution',
  revision: 2,
  about: {
    title: 'Neuron Deconvolution',
    summary: 'What excites an element inside the model: deconvolution from there.',
  },
  presets: { captum: { clip: false } },
  evaluatesInput: true,
});
