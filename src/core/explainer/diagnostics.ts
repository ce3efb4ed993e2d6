/** Diagnostics of an attribution: its concentration, and reasons to doubt it. */
import type { Strategy } from '../method/contract.ts';
import { entropyOfBits, giniOfBits } from '../tensor/concentration.ts';
import type { Float32Tensors } from '../tensor/rows.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { overflowSentence } from './overflow.ts';

export interface Diagnostics {
  /** Sum of the values above zero, as a share of the sum of all absolute values; 0 for values of zero. */
  readonly positiveShare: number;
  /** {@link gini} of the absolute values. */
  readonly sparseness: number;
  /** {@link entropy} of the absolute values, in nats. */
  readonly entropy: number;
  /** Empty when nothing is wrong. */
  readonly warnings: readonly Warning[];
}

export interface Warning {
  readonly code:
    | 'flat'
    | 'all_negative'
    | 'saturated'
    | 'incomplete'
    | 'nothing_found'
    | 'contradicted'
    | 'overflow'
    | 'straight_through'
    | 'left_out';
  /** Meaning of the warning, and a remedy. */
  readonly message: string;
}

/** Word for the number that is explained: the score of a target, or the value of a neuron. */
export type Quantity = 'score' | 'value';

export interface Circumstances {
  readonly score: number;
  /** Word for the score in sentences: `value` for that of a neuron; `score` when left out. */
  readonly quantity?: Quantity;
  readonly baselineScore?: number;
  readonly convergenceDelta?: number;
  /** The target's probability, where the scores are probabilities themselves. */
  readonly probability?: number;
  /** Function at the end of the graph that made the probability. */
  readonly activation?: 'softmax' | 'sigmoid';
  readonly strategy?: Strategy;
  /** Reason of the method for values of zero, see {@link Attribution.zeros}. */
  readonly zeros?: string;
  /** Tensor inside the model that float16 cannot hold. */
  readonly overflow?: string;
  /** Operator and name of a node that rounds activations, where the values come from a gradient through it. */
  readonly rounding?: string;
  /** Names of explained inputs without a derivative, where the values come from one. */
  readonly leftOut?: readonly string[];
  /** The part with the most positive values, and the change of the score without it, where that was measured. */
  readonly hidden?: { readonly part: string; readonly change: number };
}

/** Values that differ by less than this share of the largest are flat. */
const FLAT = 1e-6;
/** The same for a map, which has been enlarged in single precision. */
const FLAT_MAP = 1e-5;
/** Nearer than this to 0 or 1, a softmax or sigmoid hardly moves. */
const SATURATED = 1e-3;
/** Mask of the bits of a float32 that are left without its sign. */
const WITHOUT_SIGN = 0x7fffffff;
/** From this share of the explained difference on, the missing part is worth a word. */
const INCOMPLETE = 0.05;

/**
 * @param values finite, as a method returns them
 * @param map what of them can be drawn
 */
export function diagnose(values: Float32Tensors, circumstances: Circumstances, map?: Tensor<'float32'>): Diagnostics {
  const magnitudes = new Uint32Array(Object.values(values).reduce((size, { data }) => size + data.length, 0));
  let [sum, total, low, high, next] = [0, 0, Infinity, -Infinity, 0];
  for (const { data } of Object.values(values)) {
    const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
    for (let i = 0; i < data.length; i++) {
      const value = data[i] as number;
      magnitudes[next++] = (bits[i] as number) & WITHOUT_SIGN;
      total += Math.abs(value);
      sum += value;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return {
    // Signs come as they like: adding both up is faster than asking for each.
    positiveShare: total > 0 ? (total + sum) / (2 * total) : 0,
    sparseness: giniOfBits(magnitudes, total),
    entropy: entropyOfBits(magnitudes, total),
    warnings: [...warnings(low, high, circumstances), ...withoutPosition(low, high, map)],
  };
}

/** Values of a map that are looked at before the next decision. */
const PORTION = 256;

/** True if all values of the map are the same. Further values only add to a range: a part that is not flat decides. */
function isFlatMap({ data }: Tensor<'float32'>): boolean {
  let [min, max] = [Infinity, -Infinity];
  for (let from = 0; from < data.length; from += PORTION) {
    const end = Math.min(from + PORTION, data.length);
    for (let i = from; i < end; i++) {
      const value = data[i] as number;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    if (!isFlat(min, max, FLAT_MAP)) return false;
  }
  return true;
}

/** A map that is flat although its values are not: channels differ, positions do not. */
function* withoutPosition(low: number, high: number, map: Tensor<'float32'> | undefined): Generator<Warning> {
  if (!map || isFlat(low, high, FLAT) || !isFlatMap(map)) return;
  yield {
    code: 'flat',
    message:
      'The map is the same everywhere, although channels differ: what follows the layer looks at no single position, as a mean over all of them does. Name an earlier tensor in target_layer, or take layer_gradient_x_activation.',
  };
}

const isFlat = (low: number, high: number, share: number): boolean =>
  high - low <= share * Math.max(Math.abs(low), Math.abs(high));

const isSaturated = (probability: number | undefined): probability is number =>
  probability !== undefined && Math.min(probability, 1 - probability) < SATURATED;

function* warnings(low: number, high: number, circumstances: Circumstances): Generator<Warning> {
  const {
    score,
    quantity = 'score',
    baselineScore,
    convergenceDelta,
    probability,
    activation,
    hidden,
    rounding,
    overflow,
    leftOut = [],
  } = circumstances;
  if (low === 0 && high === 0) {
    yield { code: 'flat', message: `Every value is zero: ${reasonForZeros(circumstances)}` };
  } else if (isFlat(low, high, FLAT)) {
    yield {
      code: 'flat',
      message:
        'Every value is the same: the map does not tell one part of the input from another. Choose another target, layer or baseline.',
    };
  } else if (high <= 0) {
    yield {
      code: 'all_negative',
      message:
        'No value is above zero: everything speaks against this target. Explain the top class, or absolute values.',
    };
  }
  if (isSaturated(probability)) {
    const name = activation ? `the ${activation}` : 'the final activation';
    yield {
      code: 'saturated',
      message: `The explained probability is ${probability.toPrecision(3)}: ${name} is saturated there, and hardly changes with the input. Explain the logits: scores=logits.`,
    };
  }
  if (overflow !== undefined) yield { code: 'overflow', message: overflowSentence(overflow) };
  if (rounding !== undefined) {
    yield {
      code: 'straight_through',
      message: `The model rounds its activations (${rounding}), so its own derivative is zero almost everywhere: the gradient counts rounding as the identity, like that of the model before quantisation, and is zero where values are clipped. Compare with a perturbation method such as occlusion.`,
    };
  }
  if (leftOut.length > 0) {
    const names = leftOut.map((name) => `"${name}"`).join(', ');
    yield {
      code: 'left_out',
      message: `The values leave out the inputs without a derivative (${names}), as if they were held fixed. Use a perturbation method such as kernel_shap to explain them, too.`,
    };
  }
  if (hidden && hidden.change > FLAT * Math.abs(score)) {
    yield {
      code: 'contradicted',
      message: `The score rises by ${hidden.change.toPrecision(3)} when the part with the most positive values (${hidden.part}) is hidden, although they count it as evidence for the target. Try another baseline, or compare with occlusion.`,
    };
  }
  if (convergenceDelta === undefined || baselineScore === undefined) return;
  const difference = Math.abs(score - baselineScore);
  if (Math.abs(convergenceDelta) > INCOMPLETE * difference && Math.abs(convergenceDelta) > FLAT * Math.abs(score)) {
    yield {
      code: 'incomplete',
      message: `The values miss the difference between ${quantity} and baseline ${quantity} by ${convergenceDelta.toPrecision(3)} of ${difference.toPrecision(3)}. Take more steps or samples.`,
    };
  }
}

const REASONS: Readonly<Record<Strategy, (quantity: Quantity) => string>> = {
  gradient: (quantity) =>
    `the derivative of the ${quantity} is zero here, as behind inactive ReLUs, rounding or a hard threshold. Choose another target, or a perturbation method such as occlusion.`,
  activation: (quantity) =>
    `nothing in the layer adds to the ${quantity} of this target. Choose another target or an earlier layer, or explain with occlusion.`,
  perturbation: (quantity) =>
    `the ${quantity} is the same whatever was changed. Choose another target or baseline, or change larger parts at once.`,
};

/** The cause that is known to hold, most certain first. */
function reasonForZeros(circumstances: Circumstances): string {
  const { score, quantity = 'score', baselineScore, probability, activation, strategy, zeros } = circumstances;
  if (isSaturated(probability) && strategy !== 'perturbation') {
    return `the derivative vanishes where ${activation ? `the ${activation}` : 'the final activation'} is saturated. Explain the logits: scores=logits.`;
  }
  if (zeros !== undefined) return zeros;
  if (baselineScore !== undefined && baselineScore === score) {
    return `the baseline has the ${quantity} of the input, so there is no difference to attribute. Choose another baseline.`;
  }
  return strategy
    ? REASONS[strategy](quantity)
    : `the ${quantity} does not depend on what the method looks at. Choose another target, layer or baseline.`;
}
