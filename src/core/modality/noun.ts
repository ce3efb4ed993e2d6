/** Nouns for inputs of each modality. */
import type { ModalityId } from '../model/description.ts';

const NOUNS: Readonly<Record<string, string>> = {
  image: 'image',
  text: 'text',
  tabular: 'table row',
  series: 'series',
  audio: 'sound',
};

/**
 * Noun for one input of a modality, in the singular.
 *
 * @example
 * nounOf('tabular'); // 'table row'
 */
export const nounOf = (modality: ModalityId): string => NOUNS[modality] ?? 'input';
