/** Texts to the input tensors of a model. */
import { WhylightError } from '../../core/errors.ts';
import { isTruthMask, marksPadding } from '../../core/model/describe/held-names.ts';
import type { InputFact } from '../../core/model/description.ts';
import { type Tensor, tensor } from '../../core/tensor/tensor.ts';
import type { TextFacts } from './facts.ts';
import type { Encoding } from './tokenizer/encoding.ts';
import type { TextInput, Tokenizer } from './tokenizer/tokenizer.ts';
import type { Truncation } from './tokenizer/truncation.ts';

/** Part that an input plays for a text model. */
export type TextRole = 'ids' | 'mask' | 'types' | 'positions';

/** Properties of the model's input that decide the encoding; every InputFact has them. */
export type TextInputSpec = Pick<InputFact, 'name' | 'dtype' | 'shape'>;

export interface EncodedText {
  /** By input name: [rows, length]. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** Name of the input that holds the token ids. */
  readonly ids: string;
  /** One for each row, padding included. */
  readonly encodings: readonly Encoding[];
  /** Sentences for the user: which text was cut, and by how much. */
  readonly notices: readonly string[];
}

export interface EncodeTextOptions {
  /** Tokens at most, where that is less than what the model takes. */
  readonly maxLength?: number;
}

const INTEGERS = new Set(['int64', 'int32', 'uint64', 'uint32', 'int16', 'uint16', 'int8', 'uint8']);

/** The part that an input plays, from its name; an only integer input holds the ids whatever its name. */
export function textRoles(inputs: readonly TextInputSpec[]): Map<TextRole, TextInputSpec> {
  const roles = new Map<TextRole, TextInputSpec>();
  for (const input of inputs) {
    const role = roleOf(input, inputs);
    if (!role) continue;
    const other = roles.get(role);
    if (other) {
      throw new WhylightError(
        'unprocessable_method',
        `Both ${JSON.stringify(other.name)} and ${JSON.stringify(input.name)} look like the ${role} of a text; ` +
          'a model of two separate texts cannot be fed with one. Give its inputs as tensors.',
        { inputs: [other.name, input.name], role },
      );
    }
    roles.set(role, input);
  }
  return roles;
}

/**
 * The inputs that a text feeds: those given, and masks, types and positions among all others of the model that nothing
 * says more about. Masks of images are left out.
 */
export function textInputs(given: readonly InputFact[], all: readonly InputFact[]): InputFact[] {
  const taken = new Set(textRoles(given).keys());
  const others = all.filter((input) => {
    const role = /pixel|image/i.test(input.name) ? undefined : roleOf(input, all);
    if (!role || role === 'ids' || taken.has(role) || given.some(({ name }) => name === input.name)) return false;
    taken.add(role);
    return true;
  });
  return [...given, ...others];
}

function roleOf({ name, dtype }: TextInputSpec, inputs: readonly TextInputSpec[]): TextRole | undefined {
  if (/mask/i.test(name) || isTruthMask({ name, dtype })) return 'mask';
  if (/token_?type|segment/i.test(name)) return 'types';
  if (/position/i.test(name)) return 'positions';
  if (!INTEGERS.has(dtype)) return undefined;
  return /ids?$|token|^input|word/i.test(name) || inputs.length === 1 ? 'ids' : undefined;
}

/**
 * Encodes texts, or pairs, as the rows of a batch. A text that is longer than the model takes is cut, and said in a
 * notice; rows are filled up to the longest one, or to the length that the model fixes.
 *
 * @throws WhylightError `unprocessable_method` for a model whose inputs are not those of a text, `invalid_request` for a
 * text without tokens
 */
export function encodeText(
  tokenizer: Tokenizer,
  texts: readonly TextInput[],
  inputs: readonly TextInputSpec[],
  facts: TextFacts,
  options: EncodeTextOptions = {},
): EncodedText {
  const roles = textRoles(inputs);
  const ids = roles.get('ids');
  if (!ids) {
    throw new WhylightError(
      'unprocessable_method',
      `None of the inputs (${inputs.map(({ name }) => name).join(', ')}) takes token ids, which are integers.`,
      { inputs: inputs.map(({ name }) => name) },
    );
  }
  const fixed = ids.shape.at(-1);
  const fixedLength = ids.shape.length > 1 && typeof fixed === 'number' && fixed > 0 ? fixed : undefined;
  const limits = [options.maxLength, fixedLength, facts.maxLength?.value].filter((limit) => limit !== undefined);
  const maxLength = limits.length > 0 ? Math.min(...limits) : undefined;
  const notices: string[] = [];
  const rows = texts.map((text, row) =>
    encodeRow(tokenizer, text, maxLength, texts.length > 1 ? row : undefined, notices),
  );
  const encodings = fill(tokenizer, rows, fixedLength, facts);
  const length = encodings[0]?.ids.length ?? 0;
  const mask = roles.get('mask');
  if (mask && marksPadding(mask)) {
    notices.push(
      `The input "${mask.name}" is true where the text is filled up, as in PyTorch. Send tensors if the model wants the contrary.`,
    );
  }
  const made = [...roles].map(([role, input]): [string, Tensor] => [
    input.name,
    tensorOf(role, input, encodings, length, facts),
  ]);
  return { inputs: Object.fromEntries(made), ids: ids.name, encodings, notices };
}

function encodeRow(
  tokenizer: Tokenizer,
  text: TextInput,
  maxLength: number | undefined,
  row: number | undefined,
  notices: string[],
): Encoding {
  const whole = tokenizer.encode(text, { truncation: null, padding: null });
  if (whole.ids.length === 0) {
    throw new WhylightError('invalid_request', 'The text is empty: it has no token. Give at least one word.', { row });
  }
  if (maxLength === undefined || whole.ids.length <= maxLength) return whole;
  const { strategy, direction }: Partial<Truncation> = tokenizer.truncation ?? {};
  const cut = tokenizer.encode(text, { truncation: { maxLength, strategy, direction }, padding: null });
  const left = whole.ids.length - cut.ids.length;
  const name = row === undefined ? 'The text' : `Text ${row + 1}`;
  notices.push(
    `${name} has ${whole.ids.length} tokens and the model takes ${maxLength}: ` +
      `the ${direction === 'left' ? 'first' : 'last'} ${left} ${left === 1 ? 'is' : 'are'} left out.`,
  );
  return cut;
}

/** Rows of one length: the longest one's, or the fixed one. */
function fill(tokenizer: Tokenizer, rows: Encoding[], fixedLength: number | undefined, facts: TextFacts): Encoding[] {
  const length = fixedLength ?? Math.max(...rows.map((row) => row.ids.length));
  if (rows.every((row) => row.ids.length === length)) return rows;
  const pad = facts.specialTokens.pad?.value;
  if (!pad) {
    throw new WhylightError(
      'invalid_config',
      `Texts of different length, or a model of ${length} tokens, need a padding token, and the tokenizer names none. ` +
        'Name it as pad_token in special_tokens_map.json, or send the texts one by one.',
      { length },
    );
  }
  return rows.map((row) =>
    tokenizer.fill(row, { length, id: pad.id, token: pad.token, direction: facts.paddingSide.value }),
  );
}

function tensorOf(
  role: TextRole,
  input: TextInputSpec,
  encodings: readonly Encoding[],
  length: number,
  facts: TextFacts,
): Tensor {
  const values = encodings.flatMap((encoding) => {
    if (role === 'ids') return encoding.ids;
    if (role === 'mask') {
      return marksPadding(input) ? encoding.attentionMask.map((kept) => 1 - kept) : encoding.attentionMask;
    }
    if (role === 'types') return typesOf(encoding, facts);
    return positionsOf(encoding, facts);
  });
  return tensor(input.dtype, [encodings.length, length], values);
}

/** Token types; a model with one type has no second one for a pair. */
function typesOf({ typeIds }: Encoding, { typeVocabularySize }: TextFacts): number[] {
  const most = typeVocabularySize && typeVocabularySize.value > 0 ? typeVocabularySize.value - 1 : undefined;
  return most === undefined ? typeIds : typeIds.map((type) => Math.min(type, most));
}

/** Positions count the tokens that are no padding. Padding has the position before the first, or the first itself. */
function positionsOf({ attentionMask }: Encoding, { firstPosition: { value: first } }: TextFacts): number[] {
  let next = first;
  return attentionMask.map((attended) => (attended === 1 ? next++ : Math.max(0, first - 1)));
}
