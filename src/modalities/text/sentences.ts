/** Sentences of a text, and the words in each. */

/** A sentence: UTF-16 units, end exclusive, without whitespace at its ends. */
export interface Sentence {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** A point behind one of these ends no sentence. */
const ABBREVIATIONS =
  /(?:^|[\s("'\u2018\u201C])(?:mr|mrs|ms|dr|prof|st|jr|sr|vs|etc|e\.g|i\.e|cf|no|fig|approx|inc|ltd|co|dept|gen|col|capt|lt|rev|hon|z\.B|d\.h|bzw|usw|ca|nr|\p{Lu}|(?:\p{L}\.)+\p{L})\.$/iu;

/**
 * Signs that end a sentence, closing quotes and brackets, and the whitespace behind, or an empty line. A point before a
 * small letter ends none.
 */
const FALLBACK =
  /\.+["'\u2019\u201D)\]]*\s+(?![\p{Ll}\s])|[!?\u2026]+["'\u2019\u201D)\]]*\s+|[\u3002\uFF01\uFF1F]+["'\u300D\u300F\u2019\u201D)\uFF09\]]*\s*|\n\s*\n/gu;

let segmenter: Intl.Segmenter | null | undefined;

/** Offsets at which sentences may end, by the engine's Unicode data, or by punctuation where it has none. */
function cuts(text: string): number[] {
  if (segmenter === undefined) {
    segmenter = typeof Intl.Segmenter === 'function' ? new Intl.Segmenter('en', { granularity: 'sentence' }) : null;
  }
  if (segmenter) return [...segmenter.segment(text)].map(({ index, segment }) => index + segment.length);
  return fallbackCuts(text);
}

/** End signs only. */
export const fallbackCuts = (text: string): number[] => [
  ...[...text.matchAll(FALLBACK)].map((match) => match.index + match[0].length),
  text.length,
];

/** Units in front of a cut that are looked at for an abbreviation. */
const TAIL = 32;

/** The sentences of a text, in order; an abbreviation or an initial ends none. */
export function splitSentences(text: string, cutsOf: (text: string) => number[] = cuts): Sentence[] {
  const sentences: Sentence[] = [];
  let start = 0;
  const ends = cutsOf(text);
  for (const [i, end] of ends.entries()) {
    const tail = text.slice(Math.max(start, end - TAIL), end).trimEnd();
    if (i + 1 < ends.length && ABBREVIATIONS.test(tail)) continue;
    const piece = text.slice(start, end);
    const name = piece.trim();
    if (name !== '') {
      const from = start + (piece.length - piece.trimStart().length);
      sentences.push({ name, start: from, end: from + name.length });
    }
    start = end;
  }
  return sentences;
}

/** Index of the sentence that each piece begins in: the last one that begins at or before it. */
export function sentenceOfEach(pieces: readonly { start: number }[], sentences: readonly Sentence[]): number[] {
  let sentence = 0;
  return pieces.map(({ start }) => {
    while (sentence + 1 < sentences.length && (sentences[sentence + 1] as Sentence).start <= start) sentence++;
    return sentence;
  });
}
