/** Fills encodings up to a length. */
import { WhylightError } from '../../../core/errors.ts';
import { type Draft, joinDrafts, specialDraft } from './encoding.ts';
import { asIndex, asObject, asString, choiceOr, isObject } from './json.ts';
import { SIDES } from './truncation.ts';

export interface Padding {
  /** Tokens to fill up to; the longest of the batch where it is left out. */
  length?: number;
  /** The length is rounded up to a multiple of this. */
  multipleOf?: number;
  direction?: (typeof SIDES)[number];
  id: number;
  token: string;
  typeId?: number;
}

/** The field `padding` of tokenizer.json; undefined where it is null or missing. */
export function readPadding(json: unknown): Padding | undefined {
  if (json === undefined || json === null) return undefined;
  const { strategy, direction, pad_to_multiple_of, pad_id, pad_type_id, pad_token } = asObject(json, 'padding');
  const fixed = isObject(strategy) ? strategy.Fixed : undefined;
  return {
    length: fixed === undefined ? undefined : asLength(fixed, 'padding.strategy.Fixed'),
    multipleOf: asLength(pad_to_multiple_of ?? 0, 'padding.pad_to_multiple_of') || undefined,
    direction: choiceOr(direction, SIDES, 'right', 'padding.direction'),
    id: asIndex(pad_id, 'padding.pad_id'),
    token: asString(pad_token, 'padding.pad_token'),
    typeId: asIndex(pad_type_id ?? 0, 'padding.pad_type_id'),
  };
}

/** More tokens than any model reads at once. */
const MAX_LENGTH = 2 ** 17;

/** @throws WhylightError `invalid_config` for a length above {@link MAX_LENGTH} */
function asLength(value: unknown, where: string): number {
  const length = asIndex(value, where);
  if (length <= MAX_LENGTH) return length;
  throw new WhylightError('invalid_config', `${where} is ${length}; at most ${MAX_LENGTH} tokens are filled up to.`, {
    where,
    max: MAX_LENGTH,
  });
}

/** The encodings of a batch, each as long as the longest or as `length` says; longer ones stay as they are. */
export function pad(drafts: Draft[], padding: Padding): Draft[] {
  const { multipleOf = 1 } = padding;
  const longest = padding.length ?? Math.max(0, ...drafts.map((draft) => draft.ids.length));
  const length = Math.ceil(longest / multipleOf) * multipleOf;
  return drafts.map((draft) => padOne(draft, length, padding));
}

function padOne(draft: Draft, length: number, padding: Padding): Draft {
  const overflowing = draft.overflowing.map((window) => padOne(window, length, padding));
  const missing = length - draft.ids.length;
  if (missing <= 0) return { ...draft, overflowing };
  const fill = specialDraft(
    new Array<number>(missing).fill(padding.id),
    new Array<string>(missing).fill(padding.token),
    padding.typeId ?? 0,
    0,
  );
  const plain = { ...draft, overflowing: [] };
  const joined = padding.direction === 'left' ? joinDrafts(fill, plain) : joinDrafts(plain, fill);
  return { ...joined, overflowing };
}
