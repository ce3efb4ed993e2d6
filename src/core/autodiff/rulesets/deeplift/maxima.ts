/** Largest and smallest values, of windows, axes or several operands. */
import type { Value } from '../../../onnx/builder.ts';
import { type Cotangents, operands, type RuleContext } from '../../rule.ts';
import { unbroadcast } from '../../unbroadcast.ts';
import { gradientAt } from '../gradient.ts';
import { atReference, ratio, STRAIGHT, type Vjp } from './parts.ts';

/**
 * The gain of a maximum over the baseline's goes to the position of the input's maximum, its loss to that of the baseline's
 * stood: both positions differ between the passes by at least as much. Minima are the same upside down.
 */
export const extreme =
  (further: 'Max' | 'Min'): Vjp =>
  (context) => {
    const { g, inputs, reference, wants } = context;
    const [y] = context.outputs;
    const [m] = context.cotangents;
    const y0 = reference(y);
    const bound = g.op(further, [y, y0]);
    const send = (c: RuleContext, signal: Value): Cotangents => gradientAt(c, { cotangents: operands([signal]) });
    const gained = send(context, g.mul(m, g.sub(bound, y0)));
    const lost = send(atReference(context), g.mul(m, g.sub(y, bound)));
    const otherwise = gradientAt(context);
    return inputs.map((x, i) => {
      if (!wants(i) || !x) return undefined;
      const [here, there, slope] = [gained, lost, otherwise].map((all) => unbroadcast(g, all[i] || g.zerosLike(x), x));
      const both = g.add(here as Value, there as Value);
      return ratio(g, both, g.sub(x, reference(x)), STRAIGHT, slope as Value);
    });
  };
