/**
 * The character map that SentencePiece compiles into a model: a double-array trie of UTF-8 strings, each with its
 * replacement.
 *
 * @see https://github.com/google/sentencepiece/blob/master/doc/normalization.md
 */
import { WhylightError } from '../../../../core/errors.ts';
import { type AlignedText, applyChanges, type Change } from '../aligned-text.ts';
import { utf8 } from '../code-points.ts';

/** UTF-8 bytes of the longest grapheme that is looked up as a whole; longer ones go character by character. */
const MAX_GRAPHEME_BYTES = 5;
const MAX_KNOWN = 4096;
const PRINTABLE_ASCII = /^[ -~]*$/;

export class CharacterMap {
  private readonly trie: Uint32Array;
  private readonly replacements: Uint8Array;
  /** Answers by grapheme or character; null is one without an entry. */
  private readonly known = new Map<string, string | null>();
  /** True if printable ASCII text is left unchanged, as every known map leaves it. */
  private readonly keepsAscii: boolean;
  /** Made at the first text that needs it: loading the engine's data takes milliseconds. */
  private segmenter: Intl.Segmenter | undefined;

  /** @param encoded `precompiled_charsmap` of the file, in base64. */
  constructor(encoded: string) {
    const bytes = decodeBase64(encoded);
    const view = new DataView(bytes.buffer);
    const trieBytes = bytes.length >= 4 ? view.getUint32(0, true) : 0;
    if (trieBytes === 0 || trieBytes % 4 !== 0 || trieBytes + 4 > bytes.length) {
      throw new WhylightError(
        'invalid_config',
        `normalizer.precompiled_charsmap has ${bytes.length} bytes, of which its trie is said to have ${trieBytes}; ` +
          'it is cut off or no character map. Get the file again.',
      );
    }
    this.trie = Uint32Array.from({ length: trieBytes / 4 }, (_, i) => view.getUint32(4 + 4 * i, true));
    this.replacements = bytes.subarray(4 + trieBytes);
    this.keepsAscii = !Array.from({ length: 95 }, (_, i) => String.fromCharCode(0x20 + i)).some(
      (character) => this.lookUp(character) !== null,
    );
  }

  /** Bytes that the map holds. */
  get bytes(): number {
    return this.trie.byteLength + this.replacements.byteLength;
  }

  normalize(source: AlignedText): AlignedText {
    if (this.keepsAscii && PRINTABLE_ASCII.test(source.text)) return source;
    const changes: Change[] = [];
    let changed = false;
    for (const grapheme of this.graphemes(source.text)) {
      const whole = grapheme.length <= MAX_GRAPHEME_BYTES && utf8(grapheme).length <= MAX_GRAPHEME_BYTES;
      const replacement = whole ? this.lookUp(grapheme) : null;
      if (replacement !== null) {
        addReplacement(changes, grapheme, replacement);
        changed = true;
        continue;
      }
      for (const character of grapheme) {
        const text = this.lookUp(character);
        if (text === null) changes.push({ character, change: 0 });
        else addReplacement(changes, character, text);
        changed ||= text !== null;
      }
    }
    return changed ? applyChanges(source, changes) : source;
  }

  /** Grapheme clusters. Two ASCII characters never join, but for CR and LF, so that most text needs no segmenter. */
  private *graphemes(text: string): Generator<string> {
    for (let start = 0; start < text.length; ) {
      let end = start + 1;
      while (end < text.length && !isBoundary(text, end)) end++;
      if (end === start + 1) yield text[start] as string;
      else {
        this.segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
        for (const { segment } of this.segmenter.segment(text.slice(start, end))) yield segment;
      }
      start = end;
    }
  }

  /** Replacement of the shortest entry that `text` begins with. */
  private lookUp(text: string): string | null {
    let replacement = this.known.get(text);
    if (replacement === undefined) {
      if (this.known.size >= MAX_KNOWN) this.known.clear();
      replacement = this.search(text);
      this.known.set(text, replacement);
    }
    return replacement;
  }

  private search(text: string): string | null {
    let node = childOffset(this.trie[0] as number);
    for (const byte of utf8(text)) {
      if (byte === 0) return null;
      node ^= byte;
      const unit = this.trie[node];
      if (unit === undefined || (unit & 0x800000ff) !== byte) return null;
      node ^= childOffset(unit);
      if ((unit >>> 8) & 1) return this.replacementAt((this.trie[node] as number) & 0x7fffffff);
    }
    return null;
  }

  private replacementAt(start: number): string {
    const end = this.replacements.indexOf(0, start);
    return new TextDecoder().decode(this.replacements.subarray(start, end < 0 ? undefined : end));
  }
}

/** Darts' double array: the children of a unit lie at this offset, xor the byte. */
const childOffset = (unit: number): number => (unit >>> 10) << ((unit & 0x200) >>> 6);

function isBoundary(text: string, index: number): boolean {
  const before = text.charCodeAt(index - 1);
  const after = text.charCodeAt(index);
  return before < 0x80 && after < 0x80 && !(before === 0x0d && after === 0x0a);
}

/**
 * Adds `replacement` for the source characters `part`. Where it is shorter, its last character counts the missing ones;
 * an empty one leaves that to the character before, and at the start of a text they are not counted at all: the places
 * of the text are then late by them, as they are in the library that is followed here.
 */
function addReplacement(changes: Change[], part: string, replacement: string): void {
  const characters = [...replacement];
  const added = characters.length - [...part].length;
  characters.forEach((character, i) => {
    changes.push({ character, change: i >= characters.length - added ? 1 : 0 });
  });
  const last = changes.at(-1);
  if (added < 0 && last) last.change += added;
}

function decodeBase64(encoded: string): Uint8Array {
  try {
    return Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
  } catch (cause) {
    throw new WhylightError(
      'invalid_config',
      'normalizer.precompiled_charsmap is not base64. Get the file again.',
      {},
      { cause },
    );
  }
}
