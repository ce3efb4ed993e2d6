/** Requests that leave the choice of the method to the program. */
import type { Model } from '../model/model.ts';

/** Id that stands for the best method for the model; also what a request without a method gets. */
export const AUTO_METHOD = 'auto';

/** True for a model whose file leaves more than the number of rows open, so that a choice needs the inputs. */
export const hasOpenShapes = ({ graph }: Model): boolean =>
  graph.inputs.some(({ dims }) => dims?.slice(1).some((dim) => typeof dim !== 'number') ?? true);
