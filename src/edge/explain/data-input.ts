/** Input of an explanation that a modality prepares. */
import { sha256Hex } from '../../core/digest.ts';
import { nameTensors } from '../../core/modality/name-tensors.ts';
import { type PreparedRows, prepareRows } from '../../core/modality/prepare.ts';
import type { ModalityRegistry } from '../../core/modality/registry.ts';
import type { ServedModel } from '../models/served-model.ts';
import type { DataBody } from './data-body.ts';

/** Makes the input; it is decoded and prepared once, when it is first needed. */
export function dataInput(
  { bytes, mediaType, modality }: DataBody,
  served: Pick<ServedModel, 'model' | 'files'>,
  modalities: ModalityRegistry,
) {
  let prepared: Promise<PreparedRows> | undefined;
  const prepare = async (): Promise<PreparedRows> => {
    const use = await modalities.use(served, modality);
    const rows = await prepareRows(served.model, use, await use.modality.decode(bytes, mediaType, use.context));
    return modality === 'tensor' ? nameTensors(rows, served, modalities) : rows;
  };
  const once = () => (prepared ??= prepare());
  return {
    digest: async () => `data:${modality}:${mediaType}:${await sha256Hex(bytes)}`,
    inputs: async () => (await once()).inputs,
    seen: async () => undefined,
    image: async () => undefined,
    prepared: once,
  };
}
