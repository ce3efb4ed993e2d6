/** Tokens that are found in the text as they stand, before the model sees it: special tokens and added words. */
import { AlignedText } from './aligned-text.ts';
import { isWhitespace, isWordCharacter } from './characters.ts';
import { asArray, asObject, asString, booleanOr } from './json.ts';
import type { Model } from './models/model.ts';
import { Trie } from './models/trie.ts';
import type { Normalizer } from './normalizers/normalizer.ts';
import type { Piece } from './pieces.ts';

export interface AddedToken {
  id: number;
  content: string;
  /** Found only where no letter, digit or mark is beside it. */
  singleWord: boolean;
  /** Takes along the whitespace before it. */
  leftStrip: boolean;
  /** Takes along the whitespace behind it. */
  rightStrip: boolean;
  /** Looked for in the normalized text, as its own normalized content. */
  normalized: boolean;
  special: boolean;
}

/** A set of added tokens that is looked for in one pass: the leftmost match, and of those the longest. */
class Finder {
  private readonly trie: Trie;
  private readonly tokens: readonly AddedToken[];

  constructor(tokens: readonly AddedToken[], contentOf: (token: AddedToken) => string) {
    this.tokens = tokens;
    // Of two tokens with one content the first in the list holds.
    const entries = tokens.map((token, i): [string, number] => [contentOf(token), i]).reverse();
    this.trie = new Trie(entries.filter(([content]) => content !== ''));
  }

  split(text: AlignedText): Piece[] {
    const pieces: Piece[] = [];
    if (this.tokens.length === 0) return [{ text }];
    let last = 0;
    for (let at = 0; at < text.length; ) {
      const found = this.longestAt(text.text, at);
      if (!found) {
        at++;
        continue;
      }
      const { token, end } = found;
      const place = extend(token, text.text, at, end, last);
      at = end;
      if (!place) continue;
      if (last < place.start) pieces.push({ text: text.slice(last, place.start) });
      const part = text.slice(place.start, place.end);
      pieces.push({ text: part, token: { id: token.id, value: part.text, start: 0, end: part.length } });
      last = place.end;
    }
    if (last < text.length) pieces.push({ text: text.slice(last, text.length) });
    return pieces;
  }

  private longestAt(text: string, start: number): { token: AddedToken; end: number } | undefined {
    let node = Trie.ROOT;
    let found: { token: AddedToken; end: number } | undefined;
    for (let i = start; i < text.length; i++) {
      node = this.trie.child(node, text.charCodeAt(i));
      if (node < 0) break;
      const index = this.trie.valueAt(node);
      if (index >= 0) found = { token: this.tokens[index] as AddedToken, end: i + 1 };
    }
    return found;
  }
}

/** Span of a matched token including the whitespace it strips; undefined where it must be a single word and is not. */
function extend(
  token: AddedToken,
  text: string,
  start: number,
  end: number,
  last: number,
): { start: number; end: number } | undefined {
  if (token.singleWord && (wordEndsAt(text, start) || wordStartsAt(text, end))) return undefined;
  let from = start;
  let to = end;
  // Whitespace characters are one unit each.
  while (token.leftStrip && from > last && isWhitespace(text.charCodeAt(from - 1))) from--;
  while (token.rightStrip && to < text.length && isWhitespace(text.charCodeAt(to))) to++;
  return { start: from, end: to };
}

const wordStartsAt = (text: string, index: number): boolean =>
  index < text.length && isWordCharacter(text.codePointAt(index) as number);

function wordEndsAt(text: string, index: number): boolean {
  if (index === 0) return false;
  const unit = text.charCodeAt(index - 1);
  const isHalf = unit >= 0xdc00 && unit <= 0xdfff && index > 1;
  return isWordCharacter(text.codePointAt(index - (isHalf ? 2 : 1)) as number);
}

/** The added tokens of a tokenizer. */
export class AddedTokens {
  readonly tokens: readonly AddedToken[];
  private readonly normalizer: Normalizer;
  private readonly verbatim: Finder;
  private readonly normalized: Finder;

  constructor(tokens: readonly AddedToken[], normalizer: Normalizer) {
    this.tokens = tokens;
    this.normalizer = normalizer;
    const ordered = [...tokens.filter((token) => token.special), ...tokens.filter((token) => !token.special)];
    this.verbatim = new Finder(
      ordered.filter((token) => !token.normalized),
      (token) => token.content,
    );
    this.normalized = new Finder(
      ordered.filter((token) => token.normalized),
      (token) => normalizer(new AlignedText(token.content)).text,
    );
  }

  /** Cuts the text at the added tokens and normalizes what is between those that are found verbatim. */
  split(text: string): Piece[] {
    const pieces: Piece[] = [];
    for (const piece of this.verbatim.split(new AlignedText(text))) {
      if (piece.token) pieces.push(piece);
      else pieces.push(...this.normalized.split(this.normalizer(piece.text)).filter(({ text }) => text.length > 0));
    }
    return pieces;
  }
}

/**
 * Reads the list `added_tokens`. As in Python's library the ids come from the model's vocabulary, and tokens that it
 * does not have are numbered behind it in the order of the list.
 */
export function readAddedTokens(json: unknown, model: Model): AddedToken[] {
  const byContent = new Map<string, AddedToken>();
  let highest = -1;
  for (const [i, entry] of asArray(json ?? [], 'added_tokens').entries()) {
    const where = `added_tokens[${i}]`;
    const description = asObject(entry, where);
    const content = asString(description.content, `${where}.content`);
    if (content === '') continue;
    const special = booleanOr(description.special, false, `${where}.special`);
    const id = byContent.get(content)?.id ?? model.idOf(content) ?? Math.max(highest + 1, model.size);
    highest = Math.max(highest, id);
    byContent.set(content, {
      id,
      content,
      singleWord: booleanOr(description.single_word, false, `${where}.single_word`),
      leftStrip: booleanOr(description.lstrip, false, `${where}.lstrip`),
      rightStrip: booleanOr(description.rstrip, false, `${where}.rstrip`),
      normalized: booleanOr(description.normalized, !special, `${where}.normalized`),
      special,
    });
  }
  return [...byContent.values()];
}
