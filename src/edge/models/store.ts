/** Store of the models that are shipped with a server. */
import type { ServedSource } from './served-model.ts';

export interface ModelStore {
  /** Names of all models. */
  readonly names: readonly string[];
  /** Reads the files of a model out of `names`. */
  open(name: string): Promise<ServedSource>;
}
