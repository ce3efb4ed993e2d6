/** Evaluation of nodes whose inputs are all constants. */
import { bytesPerElement, sizeOf } from '../tensor/tensor.ts';
import { constantValues, makeConstant } from './constant.ts';
import { isStatic } from './dims.ts';
import { type Content, canEvaluate, evaluate } from './evaluate.ts';
import type { Constant, Node } from './graph.ts';
import { ofConstant } from './infer/make.ts';
import { type Inferred, inferNode } from './infer.ts';

/** Results up to this size are always worth storing; larger ones may not have more elements than their inputs. */
const FREE_BYTES = 2 ** 20;
const MAX_BYTES = 2 ** 26;

/** Operators whose content inference knows by itself. */
const INFERRED = ['Constant', 'Shape', 'Size'];

/**
 * The outputs of a node whose inputs are constants, an input that is left out being undefined. Engines may differ in the
 * last bits of what is rounded.
 *
 * @returns undefined when the operator is not one that is evaluated here, or the result is too large to be stored
 * @throws WhylightError `invalid_model` when the inputs contradict each other
 */
export function foldNode(node: Node, inputs: readonly (Constant | undefined)[]): Constant[] | undefined {
  if (!canEvaluate(node) && !(node.domain === '' && INFERRED.includes(node.op))) return undefined;
  if (inputs.some((c) => c && holdsLongIntegers(c))) return undefined;
  const types = inferNode(
    node,
    inputs.map((c) => c && ofConstant(c)),
  );
  const elements = inputs.reduce((n, c) => n + (c ? sizeOf(c.dims) : 0), 0);
  if (!types.every((type) => isWorthStoring(type, elements))) return undefined;
  const answers = types.every(({ value }) => value)
    ? []
    : evaluate(
        node,
        inputs.map((c) => c && contentOf(c)),
        types,
      );
  const folded = types.flatMap(({ dtype, dims, value }, i) => {
    const [data, shape] = [value ?? answers?.[i]?.data, answers?.[i]?.dims ?? dims];
    return data && isStatic(shape) && isComplete(data, shape) ? [makeConstant(dtype, shape, data)] : [];
  });
  return folded.length === types.length ? folded : undefined;
}

/** One number for each element: what is wrong with a model may show only here. */
const isComplete = (data: Content['data'], dims: readonly number[]): data is ArrayLike<number> =>
  data.length === sizeOf(dims) && (ArrayBuffer.isView(data) || Array.from(data).every((e) => typeof e === 'number'));

function isWorthStoring({ dtype, dims }: Inferred, elements: number): boolean {
  if (!isStatic(dims)) return true;
  const bytes = sizeOf(dims) * bytesPerElement(dtype);
  return bytes <= FREE_BYTES || (bytes <= MAX_BYTES && sizeOf(dims) <= elements);
}

const contentOf = (constant: Constant): Content => ({
  dtype: constant.dtype,
  dims: constant.dims,
  data: constantValues(constant),
});

/** Doubles hold the extremes of 64-bit integers, which stand for "to the end", but not all that is near them. */
function holdsLongIntegers(constant: Constant): boolean {
  if (constant.dtype !== 'int64' && constant.dtype !== 'uint64') return false;
  return (constantValues(constant) as number[]).some((v) => !Number.isSafeInteger(v) && Math.abs(v) !== 2 ** 63);
}
