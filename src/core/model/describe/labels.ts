/** Class names matched against the classes of an output. */
import { counted } from '../../counted.ts';
import { WhylightError } from '../../errors.ts';
import type { LabelFact } from '../description.ts';

/** Index of the first class along an axis of `length` classes, for lists of names as they are in use. */
const KNOWN_OFFSETS: readonly { readonly names: number; readonly length: number; readonly first: number }[] = [
  { names: 1000, length: 1001, first: 1 },
  { names: 80, length: 81, first: 1 },
  { names: 90, length: 91, first: 1 },
  { names: 20, length: 21, first: 1 },
];

/** Numbers of COCO's 80 classes among its 91 categories (counted from 1), and the gaps between them. */
const COCO_GAPS = new Set([12, 26, 29, 30, 45, 66, 68, 69, 71, 83]);

/**
 * Names laid over an axis. A background class in front, the rows of a box in front, two names for one sigmoid, and COCO's
 * 80 names on its 91 categories are known patterns; anything else that does not fit is refused.
 *
 * @param offset index of the first class that the manifest or the request states
 * @param reserved places in front of the classes: 4 for the rows of a box, 5 with objectness
 * @returns undefined where only a guess would be possible
 * @throws WhylightError `invalid_config` where an offset is stated and the names do not fit behind it
 */
export function matchLabels(
  names: readonly string[],
  length: number,
  offset: number | undefined,
  reserved?: number,
): LabelFact | undefined {
  if (offset !== undefined && offset > 0) {
    if (names.length + offset <= length) return { names, first: offset };
    throw misfit(names.length, length, offset);
  }
  if (names.length === length) return { names, first: 0 };
  if (reserved !== undefined && names.length + reserved === length) return { names, first: reserved };
  if (length === 1 && names.length === 2) return { names: [names[1] as string], first: 0 };
  if (names.length === 80 && length === 91) return { names: cocoCategories(names), first: 0 };
  const known = KNOWN_OFFSETS.find((each) => each.names === names.length && each.length === length);
  return known && { names, first: known.first };
}

/** @returns 91 names: number 0 is the background, numbers without a class have no name */
function cocoCategories(names: readonly string[]): string[] {
  const spread: string[] = ['background'];
  let next = 0;
  for (let category = 1; category <= 90; category++) {
    spread.push(COCO_GAPS.has(category) ? `(no class ${category})` : (names[next++] as string));
  }
  return spread;
}

/** @throws always */
export function misfit(names: number, classes: number, offset = 0): WhylightError {
  const given = offset > 0 ? ` from output ${offset} on` : '';
  return new WhylightError(
    'invalid_config',
    `There ${names === 1 ? 'is' : 'are'} ${counted(names, 'label')}${given}, but the output has ${counted(classes, 'class')}. Give one label for each class (an empty line keeps a place), or state with --label-offset (label_offset in the manifest) which output is the first class.`,
    { labels: names, classes, offset },
  );
}
