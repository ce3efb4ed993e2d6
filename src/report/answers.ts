/** Answers of the model to one input: its classes, or what its task finds (boxes, masks, tokens). */
import type { Explainer } from '../core/explainer/explainer.ts';
import type { Prediction } from '../core/task/task.ts';
import type { OpenedModel } from '../library/opened-model.ts';
import { readRequestOf } from '../library/outcome.ts';
import type { Subject } from '../library/subject.ts';
import { type RecordedAnswer, round } from './record.ts';

/** Model that is asked, and the scores that are explained. */
interface Asked {
  readonly explainer: Explainer;
  readonly opened: OpenedModel;
  readonly scores: string;
}

/** Max number of classes, and of predictions of a task, that a record keeps. */
const [MAX_CLASSES, MAX_PREDICTIONS] = [5, 20];

/** Tells if predictions have a place in the input, so that elements of the scores are no classes of the whole input. */
export function isReadByTask({ explainer, opened: { model }, scores }: Asked): boolean {
  if (scores !== 'logits' || explainer.tasks.tasks.length === 0) return false;
  return explainer.tasks.choose(model.description, model.metadata).hasPlaces === true;
}

/** @returns best first; empty where the task finds nothing */
export async function answerOf(asked: Asked, subject: Subject): Promise<RecordedAnswer[]> {
  const { explainer, opened, scores } = asked;
  const { inputs, prepared, image } = subject;
  if (isReadByTask(asked)) {
    const { rows } = await explainer.answer(opened.model, {
      inputs,
      read: readRequestOf({}, image),
      ...(prepared && { features: [prepared.features] }),
    });
    return (rows[0] ?? []).slice(0, MAX_PREDICTIONS).map((prediction) => ofPrediction(prediction, subject));
  }
  const [prediction] = await explainer.predict(opened.model, { inputs, scores, top: MAX_CLASSES });
  return (prediction?.top ?? []).map(({ label, index, score, probability }) =>
    answer(score, { label, class: index, probability }),
  );
}

function ofPrediction({ score, box, ...named }: Prediction, { image }: Subject): RecordedAnswer {
  return { ...answer(score, named), ...(box && image && { box: inShares(box, image.placement) }) };
}

interface Named {
  readonly label?: string | undefined;
  readonly class?: number | undefined;
  readonly probability?: number | undefined;
}

const answer = (score: number, { label, class: klass, probability }: Named): RecordedAnswer => ({
  label: label ?? (klass === undefined ? 'prediction' : `class ${klass}`),
  score: round(score),
  ...(probability !== undefined && { probability: round(probability) }),
});

/** A box as shares of the part of the image that the model sees, which the thumbnail shows. */
function inShares(
  [x0, y0, x1, y1]: NonNullable<Prediction['box']>,
  { x, y, width, height }: NonNullable<Subject['image']>['placement'],
): NonNullable<RecordedAnswer['box']> {
  return [(x0 - x) / width, (y0 - y) / height, (x1 - x) / width, (y1 - y) / height].map(round) as [
    number,
    number,
    number,
    number,
  ];
}
