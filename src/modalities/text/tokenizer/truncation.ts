/** Cuts encodings to a number of tokens. */
import { WhylightError } from '../../../core/errors.ts';
import { type Draft, sliceDraft } from './encoding.ts';
import { asIndex, asObject, choiceOr } from './json.ts';

export const TRUNCATION_STRATEGIES = ['longest_first', 'only_first', 'only_second'] as const;
export const SIDES = ['right', 'left'] as const;

export interface Truncation {
  /** Tokens at most, special ones counted. */
  maxLength: number;
  strategy?: (typeof TRUNCATION_STRATEGIES)[number];
  /** The side that is cut. */
  direction?: (typeof SIDES)[number];
  /** Tokens that a further window shares with the one before. */
  stride?: number;
}

/** The field `truncation` of tokenizer.json; undefined where it is null or missing. */
export function readTruncation(json: unknown): Truncation | undefined {
  if (json === undefined || json === null) return undefined;
  const { max_length, strategy, direction, stride } = asObject(json, 'truncation');
  return {
    maxLength: asIndex(max_length, 'truncation.max_length'),
    strategy: choiceOr(strategy, TRUNCATION_STRATEGIES, 'longest_first', 'truncation.strategy'),
    direction: choiceOr(direction, SIDES, 'right', 'truncation.direction'),
    stride: asIndex(stride ?? 0, 'truncation.stride'),
  };
}

/**
 * Cuts one or two encodings so that they have at most `maxLength` tokens together.
 *
 * @param overflowing whether the windows behind the cut are kept
 * @throws WhylightError `invalid_request` where the strategy has nothing to cut, or not enough
 */
export function truncate(drafts: Draft[], options: Truncation, overflowing: boolean): Draft[] {
  const { maxLength, strategy = 'longest_first' } = options;
  const lengths = drafts.map((draft) => draft.ids.length);
  const excess = lengths.reduce((sum, length) => sum + length, 0) - maxLength;
  if (excess <= 0) return drafts;
  const wanted =
    strategy === 'longest_first' || maxLength === 0
      ? longestFirst(lengths, maxLength)
      : onlyOne(lengths, strategy === 'only_first' ? 0 : 1, excess, options);
  return drafts.map((draft, i) => cut(draft, wanted[i] as number, options, overflowing));
}

/** Tokens that each of the texts keeps: the longer one is cut to the shorter one's length, then both in turn. */
function longestFirst(lengths: number[], maxLength: number): number[] {
  const [first, second] = lengths as [number, number?];
  if (second === undefined) return [Math.min(first, maxLength)];
  const shorter = Math.min(first, second);
  let [few, many] = [shorter, shorter > maxLength ? shorter : Math.max(shorter, maxLength - shorter)];
  if (few + many > maxLength) {
    few = Math.floor(maxLength / 2);
    many = few + (maxLength % 2);
  }
  return first > second ? [many, few] : [few, many];
}

function onlyOne(lengths: number[], index: 0 | 1, excess: number, { maxLength, strategy }: Truncation): number[] {
  const length = lengths[index];
  if (length === undefined) {
    throw new WhylightError(
      'invalid_request',
      'Truncation only_second needs a second text, and there is one text. Use longest_first or only_first.',
    );
  }
  if (length <= excess) {
    throw new WhylightError(
      'invalid_request',
      `Truncation ${strategy} cannot cut to ${maxLength} tokens: ${length} tokens of that text are all it may cut, ` +
        `and ${excess} are too many. Use longest_first, or a shorter text.`,
    );
  }
  return lengths.map((own, i) => (i === index ? own - excess : own));
}

function cut(draft: Draft, maxLength: number, { direction, stride = 0 }: Truncation, overflowing: boolean): Draft {
  const count = draft.ids.length;
  if (maxLength >= count) return draft;
  if (maxLength === 0) return { ...sliceDraft(draft, 0, 0), overflowing: overflowing ? [draft] : [] };
  if (stride >= maxLength) {
    throw new WhylightError(
      'invalid_request',
      `Truncation has the stride ${stride}, and a window has ${maxLength} tokens of the text: the stride must be less.`,
    );
  }
  const windows =
    direction === 'left' ? windowsFromRight(count, maxLength, stride) : windowsFromLeft(count, maxLength, stride);
  const [kept, ...others] = (overflowing ? windows : windows.slice(0, 1)).map(([start, end]) =>
    sliceDraft(draft, start, end),
  );
  return { ...(kept as Draft), overflowing: others };
}

function windowsFromLeft(count: number, size: number, stride: number): [number, number][] {
  const windows: [number, number][] = [];
  for (let start = 0; windows.at(-1)?.[1] !== count; start += size - stride) {
    windows.push([start, Math.min(start + size, count)]);
  }
  return windows;
}

function windowsFromRight(count: number, size: number, stride: number): [number, number][] {
  const windows: [number, number][] = [];
  for (let end = count; windows.at(-1)?.[0] !== 0; end -= size - stride) windows.push([Math.max(0, end - size), end]);
  return windows;
}
