/** Extractive question answering: the span of a text that answers a question, by scores of its first and last token. */

import { WhylightError } from '../../core/errors.ts';
import type { Prediction, TaskContext, TaskOutputs } from '../../core/task/task.ts';
import { defineTask } from '../define-task.ts';
import { numbered, targetNotFound } from '../named-class.ts';
import { sideBySide } from '../nodes.ts';

const DEFAULT_TOP = 3;
/** Tokens of the longest answer. */
const MAX_LENGTH = 30;

const isStart = (name: string): boolean => /start/i.test(name);
const isEnd = (name: string): boolean => /end/i.test(name);

export default defineTask({
  id: 'question_answering',
  title: 'Question answering',
  summary: 'The span of a text that answers a question.',
  hasPlaces: true,
  tokens: 'last_text',
  evidence({ outputs }) {
    const pair = outputs.some(({ name }) => isStart(name)) && outputs.some(({ name }) => isEnd(name));
    return pair ? 0.95 : 0;
  },
  read(outputs, context) {
    return spans(outputs, context).slice(0, context.top ?? DEFAULT_TOP);
  },
  target(choice, outputs, context) {
    if (!('prediction' in choice)) throw targetNotFound('An answer is a span of the text: choose one by its number.');
    const { span = [0, 0] } = numbered(spans(outputs, context), choice.prediction);
    const { start, end } = ends(outputs, context);
    const [first, last] = span;
    return {
      output: `target/ends/${start.name}/${end.name}`,
      label: 'answer',
      prediction: choice.prediction,
      weights: [first, start.data.length + last].map((index) => ({ index, weight: 1 })),
      build: (g, value) =>
        sideBySide(
          g,
          [start, end].map(({ name }) => value(name)),
        ),
    };
  },
});

interface Ends {
  readonly start: { readonly name: string; readonly data: Float32Array };
  readonly end: { readonly name: string; readonly data: Float32Array };
}

function ends(outputs: TaskOutputs, { description }: TaskContext): Ends {
  const find = (is: (name: string) => boolean) => {
    const name = description.outputs.map((output) => output.name).find(is);
    const output = name === undefined ? undefined : outputs[name];
    if (name !== undefined && output) return { name, data: output.data };
    throw new WhylightError(
      'unprocessable_method',
      'Question answering needs an output for the start and one for the end of the answer.',
    );
  };
  return { start: find(isStart), end: find(isEnd) };
}

/** Spans by the sum of the scores of their ends, best first; of every start its best end. */
function spans(outputs: TaskOutputs, context: TaskContext): Prediction[] {
  const { start, end } = ends(outputs, context);
  const seen = (i: number) => Number(context.attentionMask?.[i] ?? 1) !== 0;
  const found: Prediction[] = [];
  for (let first = 0; first < start.data.length; first++) {
    if (!seen(first)) continue;
    let best: Prediction | undefined;
    for (let last = first; last < Math.min(first + MAX_LENGTH, end.data.length); last++) {
      const score = (start.data[first] as number) + (end.data[last] as number);
      if (seen(last) && (best === undefined || score > best.score)) best = { score, span: [first, last] };
    }
    if (best) found.push(best);
  }
  return found.sort((a, b) => b.score - a.score);
}
