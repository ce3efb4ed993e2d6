/** The box that a choice means. */

import { counted } from '../../core/counted.ts';
import { WhylightError } from '../../core/errors.ts';
import type { TargetChoice } from '../../core/task/task.ts';
import { boxToImage } from '../upright.ts';
import { type Found, findBoxes } from './find.ts';
import { isTable } from './head.ts';
import { iou } from './overlap.ts';
import type { Search } from './search.ts';

/**
 * The chosen box: by its number among the predictions, the best of a class, the smallest around a point, or the one that
 * overlaps a given box most. A class or a box that no prediction has is looked for below the threshold.
 * @throws WhylightError `label_not_found`
 */
export function chooseBox(choice: TargetChoice, search: Search): Found {
  if ('prediction' in choice) return numbered(choice.prediction, search);
  if ('point' in choice) return around(choice.point, search);
  if ('box' in choice) return nearest(choice.box, search);
  return ofClass(classOf(choice, search), search);
}

function numbered(index: number, search: Search): Found {
  const found = search.found[index];
  if (found) return found;
  if (search.found.length === 0) throw nothingFound(search);
  const last = search.found.length - 1;
  throw notFound(`There is no box ${index}: the predictions are numbered from 0 to ${last}.`, {
    minimum: 0,
    maximum: last,
  });
}

function classOf(choice: { label: string } | { class: number }, { format }: Search): number {
  const { labels, firstClass = 0 } = format;
  if ('class' in choice) return choice.class - firstClass;
  const wanted = choice.label.trim().toLowerCase();
  const index = labels?.findIndex((label) => label.toLowerCase() === wanted) ?? -1;
  if (index >= 0) return index - firstClass;
  const known = labels
    ? `Its classes are ${labels.slice(0, 10).join(', ')}${labels.length > 10 ? ', ...' : ''}.`
    : 'Its classes have no names: give an index.';
  throw notFound(`The model has no class named "${choice.label}". ${known}`, { label: choice.label });
}

function ofClass(index: number, search: Search): Found {
  const seen = search.found.find((found) => found.class === index);
  const found = seen ?? below(search).find((candidate) => candidate.class === index);
  if (found) return found;
  const name = search.format.labels?.[index + (search.format.firstClass ?? 0)] ?? index;
  const classes = classesOf(search);
  const range = classes === undefined ? '' : ` The model has the classes 0 to ${classes - 1}.`;
  throw notFound(`No candidate is of the class ${name}: choose another class, or a box.${range}`, { class: index });
}

/** Number of classes, where the output has a score for each. */
function classesOf({ detections, format: { firstClass = 0 } }: Search): number | undefined {
  const scores = detections.heads[0]?.scores;
  return scores && isTable(scores) ? scores.classes + firstClass : undefined;
}

function around([x, y]: readonly [number, number], search: Search): Found {
  const areas = search.found.flatMap((found) => {
    const [x0, y0, x1, y1] = boxToImage(search.view, found.box, false);
    return x >= x0 && x < x1 && y >= y0 && y < y1 ? [{ found, area: (x1 - x0) * (y1 - y0) }] : [];
  });
  const [smallest] = areas.sort((a, b) => a.area - b.area);
  if (smallest) return smallest.found;
  if (search.found.length === 0) throw nothingFound(search);
  throw notFound(
    `No box lies around the point ${x}, ${y}: choose one of ${counted(search.found.length, 'box')} by its number.`,
    {
      point: [x, y],
    },
  );
}

function nearest(box: readonly [number, number, number, number], search: Search): Found {
  const overlap = (found: Found) => iou(boxToImage(search.view, found.box, search.clip), 0, box, 0);
  const best = largest(search.found, overlap) ?? largest(below(search), (found) => overlap(found) * found.score);
  if (best) return best;
  throw notFound(`No box overlaps [${box.join(', ')}]: give a box around an object, in pixels of the image.`, { box });
}

function largest(all: readonly Found[], value: (found: Found) => number): Found | undefined {
  let [best, most]: [Found | undefined, number] = [undefined, 0];
  for (const found of all) {
    const own = value(found);
    if (own > most) [best, most] = [found, own];
  }
  return best;
}

/** All candidates, best first, with all their classes. */
const below = ({ detections, settings }: Search): Found[] =>
  findBoxes(detections, {
    ...settings,
    overlap: undefined,
    threshold: Number.NEGATIVE_INFINITY,
    max: Number.POSITIVE_INFINITY,
    several: true,
  });

function nothingFound(search: Search): WhylightError {
  const highest = below(search)[0]?.score ?? 0;
  const { threshold } = search.settings;
  return notFound(
    `Nothing was found: the highest score is ${round(highest)}, the threshold ${threshold}. Lower the threshold, or choose a class or a box.`,
    { highest, threshold },
  );
}

const round = (value: number): number => Number(value.toPrecision(3));

const notFound = (message: string, details: Record<string, unknown>): WhylightError =>
  new WhylightError('label_not_found', message, { ...details, issues: [{ parameter: 'target', message }] });
