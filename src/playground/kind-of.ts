import { modalityOf } from '../core/modality/registry.ts';
import type { ModalityId } from '../core/model/description.ts';
import type { ModelInfo } from './api.ts';

/** Kinds of data with an editor. */
const KINDS: readonly ModalityId[] = ['image', 'text', 'tabular', 'series', 'audio'];

/** Kind of data that a model takes; `tensor` for a kind without an editor, and where images are not prepared. */
export function kindOf({ facts, preprocessing }: Pick<ModelInfo, 'facts' | 'preprocessing'>): ModalityId {
  const found = modalityOf({ description: facts });
  if (found === 'image' && !preprocessing) return 'tensor';
  return KINDS.includes(found) ? found : 'tensor';
}
