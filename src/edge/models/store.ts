/** Where models come from. */
import type { ModelSource } from '../../core/model/model.ts';

export interface ModelStore {
  /** Names of all models. */
  readonly names: readonly string[];
  /** The files of a model out of `names`. */
  open(name: string): Promise<ModelSource>;
}
