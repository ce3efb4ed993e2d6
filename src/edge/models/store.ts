/** Store of the models that are shipped with a server. */
import type { ModelSource } from '../../core/model/model-source.ts';

export interface ModelStore {
  /** Names of all models. */
  readonly names: readonly string[];
  /** Reads the files of a model out of `names`. */
  open(name: string): Promise<ModelSource>;
}
