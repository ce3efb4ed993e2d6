import { neuronForm } from '../../core/strategy/inner-method/neuron-form.ts';
import guidedBackprop from './guided-backprop.ts';

/** Guided backpropagation from an inner element back to the input. */
export default neuronForm(guidedBackprop, {
  id: 'neuron_guided_backprop',
  revision: 2,
  about: {
    title: 'Neuron Guided Backpropagation',
    summary: 'What excites an element inside the model, in fine detail: guided backpropagation from there.',
  },
  presets: { captum: { clip: false } },
  evaluatesInput: true,
});
