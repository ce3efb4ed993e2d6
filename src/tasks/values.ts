/** Outputs of unknown meaning: raw values, never classes. */
import { WhylightError } from '../core/errors.ts';
import type { Task } from '../core/task/task.ts';
import { largestPositions } from '../core/tensor/sort.ts';
import { numbered, targetNotFound } from './named-class.ts';

const DEFAULT_TOP = 5;

export default {
  apiVersion: 1,
  id: 'values',
  about: { title: 'Values', summary: 'Numbers of unknown meaning: the largest of them, by their index.' },
  // Whatever fits anything better is taken.
  recognise: () => 0.1,
  read(outputs, { description, top = DEFAULT_TOP }) {
    const { name, logits } = description.explained;
    // A run may give what is explained alone: the values in front of the activation.
    const data = (outputs[name] ?? outputs[logits])?.data;
    if (!data) throw new WhylightError('internal', `The run gave no output "${name}".`, { name });
    return largestPositions(data, top).map((index) => ({ score: data[index] as number, position: index }));
  },
  target(choice, outputs, context) {
    if (!('prediction' in choice)) {
      throw targetNotFound('The meaning of the output is not known: choose a value by its number, or name the task.');
    }
    const all = this.read(outputs, { ...context, top: Number.POSITIVE_INFINITY });
    const index = numbered(all, choice.prediction).position as number;
    return { output: context.description.explained.name, weights: [{ index, weight: 1 }] };
  },
} satisfies Task as Task;
