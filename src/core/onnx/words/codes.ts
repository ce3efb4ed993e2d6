/** Words as the codes that a model takes in their place. */
import { type Tensor, tensor } from '../../tensor/tensor.ts';
import { UNKNOWN_WORD, type WordInput } from './dictionary.ts';

/**
 * Codes of words, for an input that takes one word for each element.
 * @returns int64 of `dims`, {@link UNKNOWN_WORD} for words that the model does not know
 */
export function codesOf({ words }: WordInput, given: readonly string[], dims: readonly number[]): Tensor<'int64'> {
  const codes = new Map(words.map((word, code) => [word, code]));
  const values = given.map((word) => codes.get(word) ?? UNKNOWN_WORD);
  return tensor('int64', dims, values);
}
