/**
 * A tokenizer as `tokenizer.json` describes it.
 *
 * Written here, not taken: an explanation has to point at the words of the original text, so every token needs its place
 * there, through every normalizer. `@huggingface/tokenizers` (0.2.0) gives ids, tokens and the mask only, does not keep
 * the alignment that places follow from, and gives other ids for some combining marks, emoji and pairs; wrapping it would
 * have meant to run each step again beside it. The reference is Python's `tokenizers` 0.23.3, its known oddities
 * included; where the two differ on purpose:
 *
 * - windows behind a cut (`overflowing`) are kept only when asked for, as a long text has thousands;
 * - a length that has no room for the special tokens is an error, not ignored;
 * - padding has no sequence (null) for tokenizers without a post-processor too.
 */
import { WhylightError } from '../../../core/errors.ts';
import { AddedTokens, readAddedTokens } from './added-tokens.ts';
import { type Positions, positions, wellFormed } from './code-points.ts';
import { type Draft, type Encoding, emptyDraft, joinDrafts, type Span } from './encoding.ts';
import { asObject } from './json.ts';
import type { Model } from './models/model.ts';
import { readModel } from './models/read-model.ts';
import { readNormalizer } from './normalizers/normalizer.ts';
import { type Padding, pad, readPadding } from './padding.ts';
import { type PreTokenizer, readPreTokenizer } from './pre-tokenizers/pre-tokenizer.ts';
import { readProcessor } from './processors/processor.ts';
import type { Processor } from './processors/processor-type.ts';
import { readTruncation, type Truncation, truncate } from './truncation.ts';

/** A text, or a pair. */
export type TextInput = string | readonly [first: string, second: string];

export interface EncodeOptions {
  /** Default true. */
  addSpecialTokens?: boolean;
  /** Truncation to apply: the file's own when left out, null for none. */
  truncation?: Truncation | null;
  /** Padding to apply: the file's own when left out, null for none. */
  padding?: Padding | null;
  /** Keeps the windows behind a truncation, as `overflowing`. Default false. */
  overflowing?: boolean;
}

interface Parts {
  model: Model;
  added: AddedTokens;
  preTokenizer: PreTokenizer;
  processor: Processor;
  truncation: Truncation | undefined;
  padding: Padding | undefined;
}

/**
 * Immutable; one serves any number of texts at a time.
 *
 * @example
 * const tokenizer = readTokenizer(JSON.parse(file));
 * const { ids, tokens, offsets } = tokenizer.encode('To be, or not to be');
 */
export class Tokenizer {
  private readonly parts: Parts;
  private readonly added: ReadonlyMap<string, number>;
  private readonly addedById: ReadonlyMap<number, string>;

  constructor(parts: Parts) {
    this.parts = parts;
    this.added = new Map(parts.added.tokens.map(({ content, id }) => [content, id]));
    this.addedById = new Map(parts.added.tokens.map(({ content, id }) => [id, content]));
  }

  /** Approximate bytes of memory that the tokenizer holds. */
  get bytes(): number {
    return this.parts.model.bytes;
  }

  /** Number of tokens, added ones included. */
  get size(): number {
    const { model } = this.parts;
    let size = model.size;
    for (const token of this.added.keys()) if (model.idOf(token) === undefined) size++;
    return size;
  }

  /** Truncation that the file asks for. */
  get truncation(): Truncation | undefined {
    return this.parts.truncation;
  }

  /** The id of a token as the vocabulary writes it; undefined for one that it does not have. */
  idOf(token: string): number | undefined {
    return this.added.get(token) ?? this.parts.model.idOf(token);
  }

  tokenOf(id: number): string | undefined {
    return this.addedById.get(id) ?? this.parts.model.tokenOf(id);
  }

  /** Ids of the tokens that the file marks as special. */
  get specialIds(): number[] {
    return this.parts.added.tokens.filter(({ special }) => special).map(({ id }) => id);
  }

  /** Number of special tokens around one text, or around and between a pair. */
  addedTokens(isPair: boolean): number {
    return this.parts.processor.addedTokens(isPair);
  }

  encode(input: TextInput, options: EncodeOptions = {}): Encoding {
    return this.encodeBatch([input], options)[0] as Encoding;
  }

  /** Encodes several inputs; padding makes them equally long. */
  encodeBatch(inputs: readonly TextInput[], options: EncodeOptions = {}): Encoding[] {
    const padding = options.padding === undefined ? this.parts.padding : options.padding;
    const texts = inputs.map((input) => (typeof input === 'string' ? [input] : [...input]).map(wellFormed));
    const drafts = texts.map((pair) => this.draft(pair, options));
    const places = texts.map((pair) => pair.map(positions));
    return (padding ? pad(drafts, padding) : drafts).map((draft, i) => finish(draft, places[i] as Positions[]));
  }

  /** The encoding filled up to a length; as it is where it has that many tokens. */
  fill(encoding: Encoding, padding: Padding & { length: number }): Encoding {
    const { offsets, ...draft } = encoding;
    const [filled] = pad([draft], padding) as [Draft];
    const missing = filled.ids.length - offsets.length;
    const empty = Array.from({ length: missing }, (): Span => [0, 0]);
    const places = padding.direction === 'left' ? [...empty, ...offsets] : [...offsets, ...empty];
    return {
      ...filled,
      offsets: places,
      overflowing: encoding.overflowing.map((window) => this.fill(window, padding)),
    };
  }

  private draft(texts: string[], options: EncodeOptions): Draft {
    const { processor } = this.parts;
    const addSpecialTokens = options.addSpecialTokens ?? true;
    const truncation = options.truncation === undefined ? this.parts.truncation : options.truncation;
    let drafts = texts.map((text, i) => this.encodeText(text, i as 0 | 1));
    if (truncation) {
      const room = roomFor(truncation, addSpecialTokens ? processor.addedTokens(texts.length > 1) : 0);
      drafts = truncate(drafts, room, options.overflowing ?? false);
    }
    // A template may hold nothing at all.
    const [first = emptyDraft(), ...others] = processor.process(drafts, addSpecialTokens);
    return others.reduce(joinDrafts, first);
  }

  private encodeText(text: string, sequence: 0 | 1): Draft {
    const { added, preTokenizer, model } = this.parts;
    const { codePoint } = positions(text);
    const draft = emptyDraft();
    preTokenizer(added.split(text)).forEach((piece, word) => {
      const { text } = piece;
      for (const token of piece.token ? [piece.token] : model.tokenize(text.text)) {
        const { start, end } = token;
        draft.ids.push(token.id);
        draft.tokens.push(token.value);
        draft.offsetsCodePoints.push(
          start < end ? [codePoint(text.startAt(start)), codePoint(text.endAt(end - 1))] : [0, 0],
        );
        draft.wordIds.push(word);
      }
    });
    const { ids } = draft;
    draft.typeIds = new Array<number>(ids.length).fill(sequence);
    draft.sequenceIds = new Array<number>(ids.length).fill(sequence);
    draft.attentionMask = new Array<number>(ids.length).fill(1);
    draft.specialTokensMask = new Array<number>(ids.length).fill(0);
    return draft;
  }
}

function roomFor(truncation: Truncation, added: number): Truncation {
  const maxLength = truncation.maxLength - added;
  if (maxLength >= 0) return { ...truncation, maxLength };
  throw new WhylightError(
    'invalid_request',
    `A length of ${truncation.maxLength} tokens is less than the ${added} special tokens; at least ${added + 1} leave room for text.`,
  );
}

/** Adds the offsets in UTF-16 units. */
function finish(draft: Draft, places: Positions[]): Encoding {
  const offsets = draft.offsetsCodePoints.map((span, i): Span => {
    const sequence = draft.sequenceIds[i];
    const place = sequence === null || sequence === undefined ? undefined : places[sequence];
    return place ? [place.unit(span[0]), place.unit(span[1])] : span;
  });
  return { ...draft, offsets, overflowing: draft.overflowing.map((window) => finish(window, places)) };
}

/**
 * Builds a tokenizer from the parsed content of `tokenizer.json`.
 *
 * @throws WhylightError `invalid_config` for a file that is incomplete, or that has a component of an unknown type
 */
export function readTokenizer(json: unknown): Tokenizer {
  const file = asObject(json, 'tokenizer.json');
  const model = readModel(file.model);
  const normalizer = readNormalizer(file.normalizer);
  return new Tokenizer({
    model,
    added: new AddedTokens(readAddedTokens(file.added_tokens, model), normalizer),
    preTokenizer: readPreTokenizer(file.pre_tokenizer),
    processor: readProcessor(file.post_processor),
    truncation: readTruncation(file.truncation),
    padding: readPadding(file.padding),
  });
}
