/** Answers of the model to one input: its classes, or what its task finds (boxes, masks, tokens). */
import type { Explainer } from '../core/explainer/explainer.ts';
import { inOriginalPixels, type PlacedSize } from '../core/image/placement.ts';
import { type CodedMask, encodeMask } from '../core/image/run-length.ts';
import { regionOfPrediction } from '../core/metrics/predicted-region.ts';
import type { Prediction } from '../core/task/task.ts';
import type { OpenedModel } from '../library/opened-model.ts';
import { readRequestOf } from '../library/outcome.ts';
import type { Subject } from '../library/subject.ts';
import { type RecordedAnswer, round, thumbnailSize } from './record.ts';

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

function ofPrediction(prediction: Prediction, { image }: Subject): RecordedAnswer {
  return { ...answer(prediction.score, prediction), ...(image && placesOf(prediction, image)) };
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

type Place = Pick<RecordedAnswer, 'box' | 'angle' | 'keypoints' | 'mask'>;

/** Places of a prediction in the part of the image that the model sees, which the thumbnail shows. */
function placesOf(prediction: Prediction, placed: PlacedSize): Place {
  const { box, angle, keypoints, mask } = prediction;
  const { x, y, width, height } = inOriginalPixels(placed).placement;
  const across = (at: number): number => round((at - x) / width);
  const down = (at: number): number => round((at - y) / height);
  return {
    ...(box && { box: [across(box[0]), down(box[1]), across(box[2]), down(box[3])] }),
    ...(angle !== undefined && { angle: round(angle) }),
    ...(keypoints && { keypoints: keypoints.map(([left, top, score]) => [across(left), down(top), round(score)]) }),
    ...(mask && { mask: maskOverThumbnail(prediction, placed) }),
  };
}

/** A mask at twice the size of the thumbnail: the page draws it larger. */
function maskOverThumbnail({ mask }: Prediction, placed: PlacedSize): CodedMask {
  const [width, height] = thumbnailSize(placed.placement);
  const size = [2 * height, 2 * width] as const;
  const region = regionOfPrediction({ ...(mask && { mask }) }, placed, size);
  return encodeMask(region?.inside ?? new Uint8Array(size[0] * size[1]), size);
}
