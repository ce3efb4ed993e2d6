/** Choices whose condition may differ between the passes. */
import type { Value } from '../../../onnx/builder.ts';
import { unbroadcast } from '../../unbroadcast.ts';
import { gradientAt } from '../gradient.ts';
import { half, ratio, STRAIGHT, type Vjp } from './parts.ts';

/**
 * Rule of Where. If both passes choose alike, the operand gets the whole difference. If they do not, both operands have
 * made the difference and share it: a leaky ReLU written as a choice between `x` and `x / 10` comes out as the ReLU's
 * own rule.
 */
export const where: Vjp = (context) => {
  const { g, inputs, reference, wants } = context;
  const [y] = context.outputs;
  const [m] = context.cotangents;
  const [condition] = inputs;
  const before = reference(condition);
  if (before === condition) return gradientAt(context);
  const changed = g.op('Xor', [condition, before]);
  const none = g.number(0, m);
  const slopes = gradientAt(context);
  const difference = g.mul(m, g.sub(y, reference(y)));
  const share = wants(1) && wants(2) ? half(g, difference, none) : difference;
  return inputs.map((x, i) => {
    const slope = slopes[i];
    if (i === 0 || !wants(i) || !slope) return undefined;
    const sumBack = (v: Value): Value => unbroadcast(g, v, x);
    const alike = sumBack(g.where(changed, none, slope));
    const jump = sumBack(g.where(changed, share, none));
    const otherwise = sumBack(g.where(changed, slope, none));
    // Without a jump there is nothing to share, and the difference may be anything.
    return g.add(alike, ratio(g, jump, g.sub(x, reference(x)), STRAIGHT, otherwise));
  });
};
