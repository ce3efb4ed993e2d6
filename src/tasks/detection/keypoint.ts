/** Key points as targets: the score of a key point of a box, followed with its box from run to run. */
import { nearest, quoted, WhylightError } from '../../core/errors.ts';
import type { TargetChoice, TaskContext, TaskTarget } from '../../core/task/task.ts';
import { targetNotFound } from '../named-class.ts';
import { toImage } from '../upright.ts';
import type { Found } from './find.ts';
import { matchOf, referenceOf } from './follow.ts';
import type { Search } from './search.ts';
import { numberAmong } from './target.ts';

/** Largest distance between a chosen point and the key point that is meant, in longer sides of the box. */
const REACH = 0.04;

/**
 * Number of the key point that is explained for a box: the one that is named, or the nearest one to a chosen point within
 * 4 % of the longer side of the box, if key points have scores; undefined where the box itself is meant.
 * @throws WhylightError `label_not_found` for a key point that the box does not have
 */
export function chooseKeypoint(
  choice: TargetChoice,
  found: Found,
  search: Search,
  { keypoint }: Pick<TaskContext, 'keypoint'>,
): number | undefined {
  if (keypoint !== undefined) return statedKeypoint(keypoint, found, search);
  return 'point' in choice ? nearKeypoint(choice.point, found, search) : undefined;
}

function statedKeypoint(keypoint: number | string, found: Found, { format: { keypointNames } }: Search): number {
  const { head, candidate } = found;
  const count = head.keypoints?.(candidate).length ?? 0;
  if (count === 0) throw targetNotFound('The boxes have no key points: choose a box, such as box:0.');
  if (!head.keypointScore) {
    throw targetNotFound('The model has no score for each key point: choose the box, such as box:0.');
  }
  if (typeof keypoint === 'number') {
    if (keypoint < count) return keypoint;
    const maximum = count - 1;
    throw targetNotFound(`There is no key point ${keypoint}: a box has the key points 0 to ${maximum}.`, {
      minimum: 0,
      maximum,
    });
  }
  const wanted = keypoint.toLowerCase();
  const index = keypointNames?.findIndex((name) => name.toLowerCase() === wanted) ?? -1;
  if (index >= 0) return index;
  const hint = keypointNames
    ? `The names are ${keypointNames.join(', ')}.`
    : `The file has no names for them: give a number from 0 to ${count - 1}.`;
  const close = nearest(wanted, keypointNames ?? []);
  throw targetNotFound(`There is no key point named ${quoted(keypoint)}. ${hint}`, { label: keypoint, nearest: close });
}

function nearKeypoint([x, y]: readonly [number, number], { head, candidate, box }: Found, { view }: Search) {
  if (!head.keypointScore || !head.keypoints) return undefined;
  const [left, top] = toImage(view, box[0], box[1]);
  const [right, bottom] = toImage(view, box[2], box[3]);
  let [reach, chosen]: [number, number | undefined] = [REACH * Math.max(right - left, bottom - top), undefined];
  for (const [index, [px, py]] of head.keypoints(candidate).entries()) {
    const [own, down] = toImage(view, px, py);
    const distance = Math.hypot(own - x, down - y);
    if (distance <= reach) [reach, chosen] = [distance, index];
  }
  return chosen;
}

/**
 * The score of a key point, an element of the output. In a disturbed run it is that of the candidate which the box is
 * found again in by overlap and class, or 0 where the box is gone.
 * @throws WhylightError `unprocessable_method` for a score of boxes, which key points do not have
 */
export function keypointTarget(found: Found, point: number, search: Search, { boxScore }: TaskContext): TaskTarget {
  if (boxScore !== undefined && boxScore !== 'confidence') {
    const message = `box_score=${boxScore} is a number of boxes: leave it out for a key point, or choose a box.`;
    throw new WhylightError('unprocessable_method', message, { parameter: 'box_score' });
  }
  const { found: all, format, reader, view, settings } = search;
  const { head, candidate, class: klass } = found;
  const { output, index } = scoreElement(found, point);
  const reference = referenceOf(head, candidate, klass);
  const [left, top, right, bottom] = found.box;
  const number = klass + (format.firstClass ?? 0);
  const label = [format.labels?.[number], format.keypointNames?.[point] ?? `key point ${point}`];
  return {
    output,
    weights: [{ index, weight: 1 }],
    rivals: [],
    ...numberAmong(all, found),
    class: number,
    label: label.filter((part) => part !== undefined).join(', '),
    threshold: settings.threshold,
    extent: [bottom - top, right - left],
    follow: (disturbed) => {
      const match = matchOf(reader.read(format, disturbed, view.input, 0).heads, reference);
      return match?.head.keypoints?.(match.candidate)[point]?.[2] ?? 0;
    },
  };
}

function scoreElement({ head, candidate }: Found, point: number) {
  const element = head.keypointScore?.(candidate, point);
  if (element) return element;
  throw new WhylightError('internal', `The key point ${point} has no score.`);
}
