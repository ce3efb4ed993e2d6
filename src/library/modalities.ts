/** The modalities of programs that open any model: those that are configured, and all that come with whylight. */
import type { Modality } from '../core/modality/modality.ts';
import { type ModalityEntry, ModalityRegistry } from '../core/modality/registry.ts';

const BUILT_IN: Readonly<Record<string, () => Promise<{ readonly default: Modality }>>> = {
  text: () => import('../modalities/text/text.ts'),
  tabular: () => import('../modalities/tabular/modality.ts'),
  series: () => import('../modalities/series/modality.ts'),
  audio: () => import('../modalities/audio/modality.ts'),
  tensor: () => import('../modalities/tensor/modality.ts'),
};

/**
 * Makes a registry of every modality beside images.
 * @param configured entries that take the place of built-in ones of the same id
 */
export const allModalities = (configured: readonly ModalityEntry[] = []): ModalityRegistry =>
  new ModalityRegistry([
    ...configured,
    ...Object.entries(BUILT_IN).map(([id, load]) => ({ id, load: async () => (await load()).default })),
  ]);
