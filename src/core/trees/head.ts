/**
 * The way from the raw scores of the trees to an operator's output: first a linear map, which gives the margins, then
 * the function that ONNX calls `post_transform`. The conventions for two classes are those of onnxruntime: the standard
 * leaves them open.
 * @see https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsembleClassifier.html
 */
import { WhylightError } from '../errors.ts';

/** ONNX's post-transforms, and the exponential function of Poisson regressions, which stands behind the trees. */
export type PostTransform = 'none' | 'logistic' | 'softmax' | 'softmax_zero' | 'probit' | 'exp';

/** A margin as a linear function of the raw scores. */
export interface Margin {
  readonly offset: number;
  readonly terms: readonly { readonly target: number; readonly factor: number }[];
}

export interface Head {
  /** One for each element of the operator's score output. */
  readonly margins: readonly Margin[];
  readonly post: PostTransform;
}

/**
 * By number as onnxruntime 1.30 counts them in TreeEnsemble. The standard has 1 for the softmax and 2 for the logistic
 * function, but what is explained is the engine's answer.
 */
const POST = ['NONE', 'LOGISTIC', 'SOFTMAX', 'SOFTMAX_ZERO', 'PROBIT'];

/**
 * The post-transform that a file names, or numbers as TreeEnsemble of ai.onnx.ml 5 does.
 * @throws WhylightError `invalid_model`
 */
export function postTransform(given: string | number): PostTransform {
  const name = typeof given === 'number' ? POST[given] : POST.find((known) => known === given);
  if (name !== undefined) return name.toLowerCase() as PostTransform;
  throw new WhylightError(
    'invalid_model',
    `A tree ensemble has the post_transform ${JSON.stringify(given)}, expected ${POST.join(', ')} or 0 to 4.`,
    { given },
  );
}

/** One margin for each raw score, plus its base value. A single score takes no transform but the probit. */
export function plainHead(targets: number, base: readonly number[], post: PostTransform): Head {
  return {
    margins: Array.from({ length: targets }, (_, target) => margin(base[target] ?? 0, target)),
    post: targets > 1 || post === 'probit' ? post : 'none',
  };
}

/**
 * Head of a classifier with two classes.
 * @param used classes that leaf weights belong to
 * @param positive no leaf weight is below zero
 * @throws WhylightError `unprocessable_method` for a probit of one score
 */
export function binaryHead(
  used: ReadonlySet<number>,
  base: readonly number[],
  post: PostTransform,
  positive: boolean,
): Head {
  const [first = 0, second = 0] = base;
  if (used.size === 2) {
    if (base.length < 2) return { margins: [margin(first, 0), margin(0, 1)], post };
    return { margins: [margin(-second, 0, -1), margin(second, 0)], post };
  }
  if (used.has(1)) {
    return { margins: [constant(0), base.length < 2 ? margin(0, 1) : constant(second)], post };
  }
  if (base.length === 2) return { margins: [margin(first, 0), constant(0)], post };
  if (post === 'probit') {
    throw new WhylightError(
      'unprocessable_method',
      'The trees give one score for two classes through PROBIT, for which onnxruntime has no second probability.',
      { post },
    );
  }
  const complement = positive && post !== 'logistic' ? margin(1 - first, 0, -1) : margin(-first, 0, -1);
  return { margins: [complement, margin(first, 0)], post: post === 'logistic' ? post : 'none' };
}

const margin = (offset: number, target: number, factor = 1): Margin => ({ offset, terms: [{ target, factor }] });
const constant = (offset: number): Margin => ({ offset, terms: [] });

/** Margins of a row, from its raw scores. */
export function marginsOf({ margins }: Head, raw: ArrayLike<number>): Float64Array {
  return Float64Array.from(margins, ({ offset, terms }) =>
    terms.reduce((sum, { target, factor }) => sum + factor * (raw[target] as number), offset),
  );
}

/** Outputs from margins: probabilities for `logistic`, `softmax` and `softmax_zero`. */
export function applyPost(post: PostTransform, margins: Float64Array): Float64Array {
  switch (post) {
    case 'none':
      return margins;
    case 'logistic':
      return margins.map(logistic);
    case 'exp':
      return margins.map(Math.exp);
    case 'probit':
      return margins.map((p) => Math.SQRT2 * inverseErf(2 * p - 1));
    default:
      return softmax(margins, post === 'softmax_zero');
  }
}

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

/** @param keepZeros scores of zero stay zero, and count for nothing */
function softmax(margins: Float64Array, keepZeros: boolean): Float64Array {
  const max = margins.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const powers = margins.map((x) => (keepZeros && Math.abs(x) <= 1e-7 ? x * Math.exp(-max) : Math.exp(x - max)));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / total);
}

/**
 * Inverse error function by the approximation that onnxruntime uses, good to 2e-3.
 * @see Winitzki 2008, A handy approximation for the error function and its inverse
 */
function inverseErf(x: number): number {
  const log = Math.log((1 - x) * (1 + x));
  const v = 2 / (Math.PI * 0.147) + 0.5 * log;
  const root = Math.sqrt(-v + Math.sqrt(v * v - log / 0.147));
  return x < 0 ? -root : root;
}
