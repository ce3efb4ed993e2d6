/** The parts of a text between pre-tokenization and the model. */
import type { AlignedText } from './aligned-text.ts';
import type { Match } from './pattern.ts';

/** A token of a piece: its place in UTF-16 units of the normalized piece. */
export interface PieceToken {
  id: number;
  value: string;
  start: number;
  end: number;
}

/** A part of the text. One that is an added token has its token from the start and is not touched again. */
export interface Piece {
  text: AlignedText;
  token?: PieceToken;
}

/** Cuts each piece without a token further; empty parts are left out. */
export function splitPieces(pieces: readonly Piece[], split: (text: AlignedText) => AlignedText[]): Piece[] {
  const out: Piece[] = [];
  for (const piece of pieces) {
    if (piece.token) out.push(piece);
    else for (const text of split(piece.text)) if (text.length > 0) out.push({ text });
  }
  return out;
}

export const SPLIT_BEHAVIORS = [
  'removed',
  'isolated',
  'merged_with_previous',
  'merged_with_next',
  'contiguous',
] as const;

/** Fate of matched parts: removed, isolated, merged into the part before or after, or merged with adjacent matches. */
export type SplitBehavior = (typeof SPLIT_BEHAVIORS)[number];

export function splitByMatches(text: AlignedText, matches: Match[], behavior: SplitBehavior): AlignedText[] {
  const kept = behavior === 'removed' ? matches.filter((part) => !part.matches) : merge(matches, behavior);
  return kept.map(({ start, end }) => text.slice(start, end));
}

function merge(matches: Match[], behavior: SplitBehavior): Match[] {
  if (behavior === 'isolated') return matches;
  if (behavior === 'merged_with_next') {
    const backwards = mergeInto([...matches].reverse(), (last, part) => {
      last.start = part.start;
    });
    return backwards.reverse();
  }
  const extend = (last: Match, part: Match): void => {
    last.end = part.end;
  };
  return behavior === 'contiguous' ? mergeAlike(matches, extend) : mergeInto(matches, extend);
}

/** Adds a match to the part before it, unless that is a match as well. */
function mergeInto(parts: Match[], add: (last: Match, part: Match) => void): Match[] {
  const out: Match[] = [];
  let previous = false;
  for (const part of parts) {
    const last = out.at(-1);
    if (part.matches && !previous && last) add(last, part);
    else out.push({ ...part });
    previous = part.matches;
  }
  return out;
}

function mergeAlike(parts: Match[], add: (last: Match, part: Match) => void): Match[] {
  const out: Match[] = [];
  let previous = false;
  for (const part of parts) {
    const last = out.at(-1);
    if (part.matches === previous && last) add(last, part);
    else out.push({ ...part });
    previous = part.matches;
  }
  return out;
}
