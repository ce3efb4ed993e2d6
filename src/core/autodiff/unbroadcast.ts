/** The one inverse of ONNX's multidirectional broadcasting: sums a cotangent back to the shape of the operand it belongs to. */
import { WhylightError } from '../errors.ts';
import type { GraphBuilder, Value } from '../onnx/builder.ts';

export function unbroadcast(g: GraphBuilder, cotangent: Value, operand: Value): Value {
  const [from, to] = [cotangent.dims, operand.dims];
  if (!from || !to) {
    if (cotangent.dims === operand.dims) return cotangent;
    throw new WhylightError(
      'not_differentiable',
      `The shape of "${operand.name}" is not known, so its derivative cannot be summed over the axes that were broadcast.`,
      {
        tensor: operand.name,
      },
    );
  }
  const extra = from.length - to.length;
  // A rule may hand back less than the operand's shape, when every element gets the same.
  if (extra < 0 || to.some((d, i) => d !== from[i + extra] && from[i + extra] === 1)) {
    return g.expandLike(cotangent, operand);
  }
  const axes = from.flatMap((d, i) => (i < extra || (to[i - extra] === 1 && d !== 1) ? [i] : []));
  const summed = g.reduce('ReduceSum', cotangent, axes);
  return extra === 0 ? summed : g.reshape(summed, to, operand);
}
