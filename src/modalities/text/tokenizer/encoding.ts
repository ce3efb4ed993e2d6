/** The tokens of one or two texts, as lists of equal length. */
export type Span = readonly [start: number, end: number];

/**
 * A text as a model takes it. All lists have one entry for each token.
 *
 * Offsets are those of the original text that the token belongs to (`sequenceIds`), end exclusive; special tokens and
 * padding have [0, 0]. Several tokens may share one character.
 */
export interface Encoding {
  ids: number[];
  tokens: string[];
  typeIds: number[];
  /** 1, and 0 at padding. */
  attentionMask: number[];
  /** 1 at special tokens and padding. */
  specialTokensMask: number[];
  /** Number of the word within its text; null at special tokens and padding. */
  wordIds: (number | null)[];
  /** 0 in the first text, 1 in the second, null at special tokens and padding. */
  sequenceIds: (number | null)[];
  /** In UTF-16 units. */
  offsets: Span[];
  offsetsCodePoints: Span[];
  /** The further windows of a text that was cut to length, where they were asked for. */
  overflowing: Encoding[];
}

/** An encoding while it is built: offsets in code points only, which the post-processors count in. */
export type Draft = Omit<Encoding, 'offsets' | 'overflowing'> & { overflowing: Draft[] };

export const emptyDraft = (): Draft => ({
  ids: [],
  tokens: [],
  typeIds: [],
  attentionMask: [],
  specialTokensMask: [],
  wordIds: [],
  sequenceIds: [],
  offsetsCodePoints: [],
  overflowing: [],
});

const NOWHERE: Span = [0, 0];

/** Tokens that belong to no text. */
export function specialDraft(
  ids: readonly number[],
  tokens: readonly string[],
  typeId: number,
  attention: 0 | 1 = 1,
): Draft {
  return {
    ids: [...ids],
    tokens: [...tokens],
    typeIds: ids.map(() => typeId),
    attentionMask: ids.map(() => attention),
    specialTokensMask: ids.map(() => 1),
    wordIds: ids.map(() => null),
    sequenceIds: ids.map(() => null),
    offsetsCodePoints: ids.map(() => NOWHERE),
    overflowing: [],
  };
}

/** Tokens `start` to `end`. */
export function sliceDraft(draft: Draft, start: number, end: number): Draft {
  return {
    ids: draft.ids.slice(start, end),
    tokens: draft.tokens.slice(start, end),
    typeIds: draft.typeIds.slice(start, end),
    attentionMask: draft.attentionMask.slice(start, end),
    specialTokensMask: draft.specialTokensMask.slice(start, end),
    wordIds: draft.wordIds.slice(start, end),
    sequenceIds: draft.sequenceIds.slice(start, end),
    offsetsCodePoints: draft.offsetsCodePoints.slice(start, end),
    overflowing: [],
  };
}

/** One behind the other. Every window of the one goes with every window of the other. */
export function joinDrafts(first: Draft, second: Draft): Draft {
  const overflowing: Draft[] = [];
  for (const window of first.overflowing) {
    overflowing.push(joinDrafts(window, second));
    for (const other of second.overflowing) overflowing.push(joinDrafts(window, other));
  }
  for (const other of second.overflowing) overflowing.push(joinDrafts(first, other));
  return {
    ids: first.ids.concat(second.ids),
    tokens: first.tokens.concat(second.tokens),
    typeIds: first.typeIds.concat(second.typeIds),
    attentionMask: first.attentionMask.concat(second.attentionMask),
    specialTokensMask: first.specialTokensMask.concat(second.specialTokensMask),
    wordIds: first.wordIds.concat(second.wordIds),
    sequenceIds: first.sequenceIds.concat(second.sequenceIds),
    offsetsCodePoints: first.offsetsCodePoints.concat(second.offsetsCodePoints),
    overflowing,
  };
}
