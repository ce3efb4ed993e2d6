/** The modalities of the command line; each is loaded when a model asks for it. */
import { WhylightError } from '../core/errors.ts';
import type { Modality, ModalityContext } from '../core/modality/modality.ts';
import type { ModalityId } from '../core/model/description.ts';
import type { OpenedModel } from './model-file.ts';

const LOADERS: Readonly<Record<string, () => Promise<{ readonly default: unknown }>>> = {
  text: () => import('../modalities/text/text.ts'),
  tabular: () => import('../modalities/tabular/modality.ts'),
  series: () => import('../modalities/series/modality.ts'),
  audio: () => import('../modalities/audio/modality.ts'),
  tensor: () => import('../modalities/tensor/modality.ts'),
};

/** A modality with what it may know of the model. */
export interface ModalityInUse {
  readonly modality: Modality;
  readonly context: ModalityContext;
}

/** Modality of the inputs that are explained; `tensor` where they are of several. */
export function modalityOf({ model }: OpenedModel): ModalityId {
  const { inputs } = model.description;
  const ids = new Set(inputs.filter(({ role }) => role.value === 'explained').map(({ modality }) => modality.value));
  const [id] = ids;
  return id !== undefined && ids.size === 1 ? id : 'tensor';
}

/** @throws WhylightError `unprocessable_method` for a modality that is not known here */
export async function useModality({ model, files }: OpenedModel, id: ModalityId): Promise<ModalityInUse> {
  const load = Object.hasOwn(LOADERS, id) ? LOADERS[id] : undefined;
  if (!load) {
    throw new WhylightError(
      'unprocessable_method',
      `The command line does not know the modality "${id}": use ${Object.keys(LOADERS).join(', ')} or image.`,
      { modality: id },
    );
  }
  const { description, manifest } = model;
  const own = description.inputs.filter(({ modality }) => modality.value === id);
  return {
    modality: (await load()).default as Modality,
    context: {
      description,
      inputs: id === 'tensor' ? description.inputs : own,
      files,
      ...(manifest.modalities?.[id] && { settings: manifest.modalities[id] }),
    },
  };
}
