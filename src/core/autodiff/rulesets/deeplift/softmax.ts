/** Exponentials and their sums. */
import { intAttribute } from '../../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../../onnx/builder.ts';
import { keepAxes, reducedAxes } from '../../rules/reduction.ts';
import { half, ratio, SMOOTH, type Vjp } from './parts.ts';

/** exp(x - shift) in both passes, with one shift for both; and how to send a multiplier of the exponentials back to x. */
function exponentials(
  g: GraphBuilder,
  x: Value,
  x0: Value,
  axes: readonly number[],
): { e: Value; e0: Value; back(m: Value): Value } {
  const shift = g.op('Max', [g.reduce('ReduceMax', x, axes), g.reduce('ReduceMax', x0, axes)]);
  const [e, e0] = [g.op('Exp', [g.sub(x, shift)]), g.op('Exp', [g.sub(x0, shift)])];
  return { e, e0, back: (m) => g.mul(m, ratio(g, g.sub(e, e0), g.sub(x, x0), SMOOTH, half(g, e, e0))) };
}

export const softmax: Vjp = ({ g, node, inputs: [x], cotangents: [m], reference }) => {
  const axis = intAttribute(node, 'axis', -1);
  const { e, e0, back } = exponentials(g, x, reference(x), [axis]);
  const [s, s0] = [g.reduce('ReduceSum', e, [axis]), g.reduce('ReduceSum', e0, [axis])];
  const byExponential = g.mul(m, half(g, g.op('Reciprocal', [s]), g.op('Reciprocal', [s0])));
  const bySum = g.neg(g.div(g.reduce('ReduceSum', g.mul(m, half(g, e, e0)), [axis]), g.mul(s, s0)));
  return [back(g.add(byExponential, bySum))];
};

/** The quotient of differences of a sum's logarithm. */
const logarithm = (g: GraphBuilder, s: Value, s0: Value): Value =>
  ratio(
    g,
    g.sub(g.op('Log', [s]), g.op('Log', [s0])),
    g.sub(s, s0),
    SMOOTH,
    half(g, g.op('Reciprocal', [s]), g.op('Reciprocal', [s0])),
  );

export const logSoftmax: Vjp = ({ g, node, inputs: [x], cotangents: [m], reference }) => {
  const axis = intAttribute(node, 'axis', -1);
  const { e, e0, back } = exponentials(g, x, reference(x), [axis]);
  const slope = logarithm(g, g.reduce('ReduceSum', e, [axis]), g.reduce('ReduceSum', e0, [axis]));
  const bySum = g.neg(g.mul(g.reduce('ReduceSum', m, [axis]), slope));
  return [g.add(m, back(g.expandLike(bySum, m)))];
};

export const logSumExp: Vjp = (context) => {
  const {
    g,
    node,
    inputs: [x],
    cotangents: [m],
    reference,
  } = context;
  const axes = reducedAxes(context) ?? [];
  const { e, e0, back } = exponentials(g, x, reference(x), axes);
  const slope = logarithm(g, g.reduce('ReduceSum', e, axes), g.reduce('ReduceSum', e0, axes));
  return [back(g.expandLike(g.mul(keepAxes(g, node, x, m, axes), slope), x))];
};

export const logSum: Vjp = (context) => {
  const {
    g,
    node,
    inputs: [x],
    cotangents: [m],
    reference,
  } = context;
  const axes = reducedAxes(context) ?? [];
  const slope = logarithm(g, g.reduce('ReduceSum', x, axes), g.reduce('ReduceSum', reference(x), axes));
  return [g.mul(keepAxes(g, node, x, m, axes), slope)];
};
