/** Features of texts that come as token ids. */
import { WhylightError } from '../../core/errors.ts';
import type { Feature, Features, ModalityContext } from '../../core/modality/modality.ts';
import type { Inputs } from '../../core/tensor/rows.ts';
import type { Tensor } from '../../core/tensor/tensor.ts';
import { textInputs, textRoles } from './encode-text.ts';
import type { SpecialTokenName } from './facts.ts';
import type { LoadedText } from './load.ts';
import { vocabularyOf } from './vocabulary.ts';

/** Special tokens that are no part of a text. */
const OUTSIDE: readonly SpecialTokenName[] = ['pad', 'cls', 'sep', 'bos', 'eos'];

/**
 * Each token as a feature, named by the vocabulary and without a place, since the text is not known. Special tokens and
 * those that the attention mask hides belong to none.
 * @param inputs tensors by input name; ids are [N, tokens]
 * @throws WhylightError `invalid_tensor` for ids of another shape, and for a row without a token of a text
 */
export function nameTokens(inputs: Inputs, context: ModalityContext, { tokenizer, facts }: LoadedText): Features[] {
  const roles = textRoles(textInputs(context.inputs, context.description.inputs));
  const name = roles.get('ids')?.name ?? '';
  const ids = inputs[name];
  const attention = inputs[roles.get('mask')?.name ?? ''];
  if (ids?.dims.length !== 2) {
    throw new WhylightError(
      'invalid_tensor',
      ids
        ? `"${name}" has the shape [${ids.dims.join(', ')}], and token ids are [N, tokens].`
        : 'None of the tensors holds token ids.',
      { input: name },
    );
  }
  const [rows, length] = ids.dims as [number, number];
  const vocabulary = vocabularyOf(tokenizer);
  const outside = new Set(OUTSIDE.map((kind) => facts.specialTokens[kind]?.value.id));
  const isHidden = (element: number): boolean => isZero(attention, ids, element);
  return Array.from({ length: rows }, (_, row) => {
    const list: Feature[] = [];
    const mask = Int32Array.from({ length }, (_, token) => {
      const id = Number(ids.data[row * length + token]);
      if (outside.has(id) || isHidden(row * length + token)) return -1;
      return list.push({ name: vocabulary.nameOf(id)?.trim() || `token ${id}` }) - 1;
    });
    if (list.length > 0) return { list, mask: { [name]: mask }, vocabulary };
    throw new WhylightError('invalid_tensor', `Row ${row + 1} of "${name}" holds no token of a text.`, { row });
  });
}

/** True where a mask of the same shape as the ids holds 0. */
const isZero = (mask: Tensor | undefined, ids: Tensor, element: number): boolean =>
  mask?.data.length === ids.data.length && Number(mask.data[element]) === 0;
