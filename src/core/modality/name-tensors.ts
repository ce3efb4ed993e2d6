/** Names for rows that come as tensors, given by the modality of the model. */
import { type ErrorCode, WhylightError } from '../errors.ts';
import type { Prepared } from './modality.ts';
import { type ModalityRegistry, type ModelWithFiles, modalityOf } from './registry.ts';

/** Rows of tensors; `named` where the modality of the model named their features. */
export type TensorRows = Pick<Prepared, 'inputs' | 'features' | 'notices'> & { readonly named?: true };

/** Codes of errors that say why the parts of tensors have no names; others are failures of the request. */
const REASONS: ReadonlySet<ErrorCode> = new Set([
  'invalid_config',
  'invalid_request',
  'invalid_tensor',
  'unprocessable_method',
]);

/** True if the model has a modality of its own, by which the parts of its tensors may have names. */
export function mayNameTensors({ model }: Pick<ModelWithFiles, 'model'>, modalities: ModalityRegistry): boolean {
  const id = modalityOf(model);
  return id !== 'tensor' && modalities.has(id);
}

/**
 * The rows with features named by the modality of the model: tokens, columns, windows of time. Rows that it cannot name
 * stay as they are, and a notice says why. Methods and metrics go by positions either way.
 * @param rows tensors in the file's own axes
 */
export async function nameTensors<Rows extends TensorRows>(
  rows: Rows,
  served: ModelWithFiles,
  modalities: ModalityRegistry,
): Promise<Rows> {
  if (!mayNameTensors(served, modalities)) return rows;
  const { modality, context } = await modalities.use(served);
  if (!modality.nameTensors) return unnamed(rows, `the modality ${modality.id} names features of files only.`);
  try {
    const features = await modality.nameTensors(rows.inputs, context);
    return { ...rows, features: features.map((own) => ({ ...own, namesOnly: true })), named: true };
  } catch (error) {
    if (!WhylightError.is(error) || !REASONS.has(error.code)) throw error;
    return unnamed(rows, error.message);
  }
}

const unnamed = <Rows extends TensorRows>(rows: Rows, reason: string): Rows => ({
  ...rows,
  notices: [...rows.notices, `The features of the tensors have no names: ${reason}`],
});
