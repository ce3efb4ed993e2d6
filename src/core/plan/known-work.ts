/** Work of models that was counted before: counting takes the nodes of the graph, and the types of all values. */
import type { Model } from '../model/model.ts';
import type { Work } from './work-time.ts';

/** Work of the model itself on one row. */
export interface RowWork {
  /** Floating point operations. */
  readonly flops: number;
  readonly work: Work;
}

const known = new WeakMap<Model, RowWork>();

/** Keeps the work of a model whose rows have one shape. */
export const rememberWork = (model: Model, work: RowWork): void => void known.set(model, work);

/** Returns the work that was kept; undefined for other models. */
export const knownWork = (model: Model): RowWork | undefined => known.get(model);
