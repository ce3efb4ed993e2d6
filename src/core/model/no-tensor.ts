/** Error for a tensor that the graph does not have. */
import { nearest, quoted, WhylightError } from '../errors.ts';

/**
 * Makes the error.
 * @param names tensors of the graph
 * @param isThere true for a tensor of the graph whose shape is not known
 */
export function noTensor(name: string, names: Iterable<string>, isThere: boolean): WhylightError {
  const close = nearest(name, names);
  const similar = close.length > 0 ? `Did you mean "${close.join('" or "')}"?` : '';
  const hint = isThere ? 'Its shape is not known.' : similar;
  return new WhylightError('layer_not_found', `The model has no usable tensor named ${quoted(name)}. ${hint}`.trim(), {
    tensor: name,
    nearest: close,
  });
}
