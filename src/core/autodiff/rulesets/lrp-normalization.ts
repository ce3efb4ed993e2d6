/**
 * LRP's rules for normalisations with a mean or a shift. The deviation is taken as a scale that carries no relevance, and
 * the layer that is left is linear: mean and shift take their share as a bias does.
 *
 * Handing on all of the relevance is exact for x times a scale alone. Where a shift makes a large output of an input near
 * zero, the next layer divides that relevance by the input, and the values grow from block to block.
 *
 * @see Achtibat et al. 2024, "AttnLRP", section 3.3.3 and appendix A.2.3
 */
import { floatAttribute, intAttribute } from '../../onnx/attributes.ts';
import type { Value } from '../../onnx/builder.ts';
import { type Cotangents, operands, type RuleContext } from '../rule.ts';
import { alongAxis, fromFront, rankOf, upTo } from '../rules/axes.ts';
import { standardise } from '../rules/normalization.ts';
import { gradientAt } from './gradient.ts';
import { stabilized } from './lrp-layers.ts';

type Vjp = (context: RuleContext) => Cotangents;

/** Parts of a normalisation: axes of its mean, the input as it is normalised, and 1 / deviation. */
interface Parts {
  readonly axes: readonly number[];
  readonly inverse: Value;
  /** Scale in the shape of the output. */
  readonly scale: Value;
  /** Form of a value in which `axes` count. */
  grouped(value: Value): Value;
}

/** Relevance of an output element over the element, less the shift where the context leaves biases out. */
function shareOf({ g, node, inputs, outputs: [y], cotangents: [r], optional }: RuleContext, epsilon: number): Value {
  const leavesOut = node.inputs[2] !== undefined && node.inputs[2] !== '' && !optional(2);
  const shift = (): Value =>
    node.op === 'LayerNormalization' ? inputs[2] : alongAxis(g, inputs[2], 1, rankOf(y, node));
  return g.div(r, stabilized(g, leavesOut ? g.sub(y, shift()) : y, epsilon));
}

/** Relevance of x: x times the derivative of scale * (x - mean(x)) / deviation, the deviation being constant. */
const centred =
  (partsOf: (context: RuleContext) => Parts) =>
  (epsilon: number): Vjp =>
  (context) => {
    const {
      g,
      inputs: [x],
    } = context;
    const { axes, inverse, scale, grouped } = partsOf(context);
    const signal = grouped(g.mul(shareOf(context, epsilon), scale));
    const through = g.mul(g.sub(signal, g.reduce('ReduceMean', signal, axes)), inverse);
    return [g.mul(x, g.reshapeLike(through, x))];
  };

const layer = centred(({ g, node, inputs: [x, scale], outputs: [y] }) => {
  const rank = rankOf(x, node);
  const [, , inverse] = g.allOutputs(y, 3) as [Value, Value, Value];
  const axes = upTo(rank).slice(fromFront(intAttribute(node, 'axis', -1), rank));
  return { axes, inverse, scale, grouped: (value) => value };
});

const instances = centred(({ g, node, inputs: [x, scale] }) => {
  const rank = rankOf(x, node);
  const axes = upTo(rank).slice(2);
  const { inverse } = standardise(g, x, axes, floatAttribute(node, 'epsilon', 1e-5));
  return { axes, inverse, scale: alongAxis(g, scale, 1, rank), grouped: (value) => value };
});

const groups = centred(({ g, node, inputs: [x, scale] }) => {
  const grouped = (v: Value): Value => g.op('Reshape', [v, g.ints([0, intAttribute(node, 'num_groups', 1), -1])]);
  const { inverse } = standardise(g, grouped(x), [2], floatAttribute(node, 'epsilon', 1e-5));
  return { axes: [2], inverse, scale: alongAxis(g, scale, 1, rankOf(x, node)), grouped };
});

/** A batch norm at inference is a linear layer with a bias. */
const batch =
  (epsilon: number): Vjp =>
  (context) => {
    const {
      g,
      inputs: [x],
    } = context;
    const cotangents = operands([shareOf(context, epsilon)]);
    const [signal] = gradientAt(context, { cotangents, wants: (i) => i === 0 });
    return [signal && g.mul(x, signal)];
  };

/** Rules by operator, for a stabiliser epsilon. */
export const NORMALIZATION_RULES: ReadonlyMap<string, (epsilon: number) => Vjp> = new Map([
  ['LayerNormalization', layer],
  ['InstanceNormalization', instances],
  ['GroupNormalization', groups],
  ['BatchNormalization', batch],
]);
