/** Dims of a tensor as numbers. */
import { WhylightError } from '../errors.ts';
import type { TensorInfo } from './info.ts';

/**
 * Returns the dims of one row of a tensor as numbers. Within a request the dims of every input are numbers, since its
 * data is there; those of inner tensors may be strings where the graph settles them while it runs. In `needs` and `cost`
 * the error says that the method does not apply to the model.
 * @throws WhylightError `unprocessable_method` for a dim that is not known before the run
 *
 * @example
 * import { defineMethod, knownDims, sizeOf, targetLayer } from 'whylight/plugin';
 * export default defineMethod({
 *   ...definition,
 *   cost: ({ target_layer }, model) => ({ forwards: sizeOf(knownDims(targetLayer(target_layer, model))), backwards: 0 }),
 * });
 */
export function knownDims({ name, dims }: TensorInfo): readonly number[] {
  if (dims.every((dim) => typeof dim === 'number')) return dims as readonly number[];
  throw new WhylightError(
    'unprocessable_method',
    `The shape of "${name}" is not known before the run: [${dims.join(', ')}].`,
    { tensor: name, dims },
  );
}
