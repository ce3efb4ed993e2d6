/** The contents of values that follow from their inputs: one table of evaluators for inference and for folding. */

import { isStatic, symbolOf } from './dims.ts';
import { computations } from './evaluate/compute.ts';
import type { Answer, Content, Contents, Element, Evaluators } from './evaluate/content.ts';
import { makers } from './evaluate/make.ts';
import { moves } from './evaluate/move.ts';
import { pads } from './evaluate/pad.ts';
import { picks } from './evaluate/pick.ts';
import { reductions } from './evaluate/reduce.ts';
import type { Dim, Node } from './graph.ts';
import { type Inferred, type Inputs, MAX_KNOWN } from './infer/rule.ts';

export type { Answer, Content, Contents } from './evaluate/content.ts';

const EVALUATORS: Evaluators = { ...moves, ...pads, ...picks, ...computations, ...reductions, ...makers };

/** True if there is an evaluator for this operator. */
export const canEvaluate = ({ op, domain }: Node): boolean => domain === '' && Object.hasOwn(EVALUATORS, op);

/** The node's outputs, of the inferred types; undefined when its inputs are not known well enough. */
export const evaluate = (node: Node, inputs: Contents, types: readonly Inferred[]): readonly Answer[] | undefined =>
  canEvaluate(node) ? EVALUATORS[node.op]?.(node, inputs, types) : undefined;

/** Integers of at most so many elements take part even when none of them is known: another may become known beside them. */
const SHAPE_LIKE = 8;

/** The inferred types with the contents that can be told, where they are small. */
export function propagate(node: Node, inputs: Inputs, types: readonly Inferred[]): Inferred[] {
  const known = inputs.some((input) => input?.value) || inputs.length === 0 || node.op === 'ConstantOfShape';
  const small = types.every(({ dims }) => !isStatic(dims) || dims.reduce((n, d) => n * d, 1) <= MAX_KNOWN);
  const answers = known && small && canEvaluate(node) ? evaluate(node, inputs.map(contentOf), types) : undefined;
  return types.map((type, i) => {
    const answer = answers?.[i];
    if (!answer || answer.data.length > MAX_KNOWN || type.value) return type;
    const dims = answer.dims ?? type.dims;
    const whole = isStatic(dims) && answer.data.length === dims.reduce((n, d) => n * d, 1);
    const value = whole ? settled(node, type, i, answer.data) : undefined;
    return value ? { dtype: type.dtype, dims, value } : { dtype: type.dtype, dims };
  });
}

function contentOf(input: Inferred | undefined): Content | undefined {
  if (!input || !isStatic(input.dims)) return undefined;
  const { dtype, dims, value } = input;
  if (value) return { dtype, dims, data: value };
  const size = dims.reduce((n, d) => n * d, 1);
  const shapeLike = size <= SHAPE_LIKE && (/^int(32|64)$/.test(dtype) || dtype === 'bool');
  return shapeLike ? { dtype, dims, data: new Array<Element>(size).fill(undefined) } : undefined;
}

/** In a shape, what is not known beside what is becomes a symbol; any other content is known as a whole or not at all. */
function settled(node: Node, type: Inferred, output: number, data: ArrayLike<Element>): Dim[] | undefined {
  const elements = Array.from(data);
  const gaps = elements.filter((e) => e === undefined).length;
  if (gaps === 0) return elements as Dim[];
  if (gaps === elements.length || type.dtype === 'bool' || type.dtype.includes('float')) return undefined;
  const name = symbolOf(node.outputs[output] || `${node.name}.${output}`);
  return elements.map((e, i) => e ?? `?${name}[${i}]`);
}
