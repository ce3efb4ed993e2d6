/** The modalities of the command line: those that are configured, and all that come with whylight. */
import { modalities } from '#plugins';
import type { Modality } from '../core/modality/modality.ts';
import { ModalityRegistry } from '../core/modality/registry.ts';

const BUILT_IN: Readonly<Record<string, () => Promise<{ readonly default: Modality }>>> = {
  text: () => import('../modalities/text/text.ts'),
  tabular: () => import('../modalities/tabular/modality.ts'),
  series: () => import('../modalities/series/modality.ts'),
  audio: () => import('../modalities/audio/modality.ts'),
  tensor: () => import('../modalities/tensor/modality.ts'),
};

export const MODALITIES = new ModalityRegistry([
  ...modalities,
  ...Object.entries(BUILT_IN).map(([id, load]) => ({ id, load: async () => (await load()).default })),
]);
