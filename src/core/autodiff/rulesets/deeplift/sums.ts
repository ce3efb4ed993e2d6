/** Sums of powers, and their roots. */
import type { GraphBuilder, Value } from '../../../onnx/builder.ts';
import { keepAxes, reducedAxes } from '../../rules/reduction.ts';
import { magnitude } from './normalization.ts';
import type { Vjp } from './parts.ts';

/** Contribution of each element to a reduction, from the element and the result in both passes. */
const reduced =
  (worth: (g: GraphBuilder, x: Value, x0: Value, y: Value, y0: Value) => Value): Vjp =>
  (context) => {
    const {
      g,
      node,
      inputs: [x],
      outputs: [y],
      cotangents: [m],
      reference,
    } = context;
    const axes = reducedAxes(context) ?? [];
    const wide = (v: Value): Value => keepAxes(g, node, x, v, axes);
    return [g.mul(wide(m), worth(g, x, reference(x), wide(y), wide(reference(y))))];
  };

export const sumOfSquares = reduced((g, x, x0) => g.add(x, x0));

export const sumOfMagnitudes = reduced(magnitude);

/** (y - y0) / (y^2 - y0^2) has no difference to divide by. */
export const rootOfSquares = reduced((g, x, x0, y, y0) => {
  const sum = g.add(y, y0);
  return g.div(g.add(x, x0), g.where(g.op('Equal', [sum, g.number(0, sum)]), g.number(1, sum), sum));
});
