/** Similarity: the cosine of the model's embedding and a given one; without one, the largest components. */
import { counted } from '../../core/counted.ts';
import { WhylightError } from '../../core/errors.ts';
import type { TaskContext, TaskOutputs } from '../../core/task/task.ts';
import { defineTask } from '../define-task.ts';
import { targetNotFound } from '../named-class.ts';
import { unitRows } from '../nodes.ts';
import values from '../values.ts';

export default defineTask({
  id: 'similarity',
  title: 'Similarity',
  summary:
    'The cosine of the embedding of the input and a given embedding; the largest components where none is given.',
  hasPlaces: true,
  evidence({ explained: { name, shape } }) {
    const vector = shape.filter((extent, i) => i > 0 && extent !== 1).length === 1;
    const named = /embed|pooler|features?$|sentence_embedding|encoding/i.test(name);
    return vector && named ? 0.8 : 0;
  },
  read(outputs, context) {
    if (!context.similarTo) return values.read(outputs, context);
    const { data } = embeddingOf(outputs, context);
    return [{ label: 'cosine', score: cosine(data, checked(context.similarTo, data)) }];
  },
  target(choice, outputs, context) {
    if (!context.similarTo) return values.target(choice, outputs, context);
    if (!('prediction' in choice) || choice.prediction !== 0) {
      throw targetNotFound(
        'An embedding has no classes and no boxes: its cosine with the one to compare with is explained.',
      );
    }
    const { name, data } = embeddingOf(outputs, context);
    const other = checked(context.similarTo, data);
    const length = Math.hypot(...Array.from(other));
    return {
      output: `target/unit/${name}`,
      label: 'cosine',
      prediction: 0,
      weights: Array.from(other, (value, index) => ({ index, weight: length === 0 ? 0 : value / length })),
      build: (g, value) => unitRows(g, value(name)),
    };
  },
});

function embeddingOf(outputs: TaskOutputs, { description }: TaskContext): { name: string; data: Float32Array } {
  const { name } = description.explained;
  const output = outputs[name];
  if (output) return { name, data: output.data };
  throw new WhylightError('internal', `The run gave no output "${name}".`, { name });
}

function checked(other: ArrayLike<number>, { length }: Float32Array): ArrayLike<number> {
  if (other.length === length) return other;
  throw new WhylightError(
    'invalid_request',
    `The embedding to compare with has ${counted(other.length, 'number')}, that of the model ${length}.`,
    { given: other.length, expected: length },
  );
}

/** Cosine of two vectors; 0 where one is zero. */
function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [product, first, second] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    product += x * y;
    first += x * x;
    second += y * y;
  }
  return first > 0 && second > 0 ? product / Math.sqrt(first * second) : 0;
}
