/** Types and helpers shared by the inference rules. */
import type { DataType } from '../../tensor/tensor.ts';
import { isStatic, symbolOf } from '../dims.ts';
import type { Dim, Graph, Node, TensorType } from '../graph.ts';
import { fail, normalAxis } from './checks.ts';

/** Knowledge of a value before the run: its type and, for small ones, its content, symbolic dims included. */
export interface Inferred extends TensorType {
  /**
   * The content, flattened, of a value of static shape and at most {@link MAX_KNOWN} elements: numbers, booleans as 0
   * and 1, and symbolic dims. In a shape whose other elements are known, an element that is not is a symbol of its
   * own, `?name[0]` (see `dims.ts`).
   */
  readonly value?: readonly Dim[];
}

/** Contents of more elements are not followed. */
export const MAX_KNOWN = 4096;

export type Inputs = readonly (Inferred | undefined)[];

/** Surroundings of a node: what its subgraphs can read besides its inputs. */
export interface Scope {
  /** The values outside of a subgraph, by name. */
  readonly outer: ReadonlyMap<string, Inferred>;
  /** Infers a subgraph, given the types of its inputs. */
  inferSubgraph(graph: Graph, inputs: Inputs): readonly Inferred[];
}

/** The types of a node's outputs; an input that is left out is undefined. */
export type Rule = (node: Node, inputs: Inputs, scope: Scope) => readonly Inferred[];
export type Rules = Readonly<Record<string, Rule>>;

/** The same rule for many operators. */
export const each = (operators: string, rule: Rule): Rules =>
  Object.fromEntries(operators.split(' ').map((op) => [op, rule]));

/** An input that the operator cannot do without. */
export const required = (node: Node, inputs: Inputs, index: number): Inferred =>
  inputs[index] ?? fail(node, `its input ${index} is missing.`);

/** A symbol for a dim of an output that depends on the data. */
export const unknownDim = (node: Node, axis: number, output = 0): Dim =>
  `?${symbolOf(node.outputs[output] || `${node.name}.${output}`)}_${axis}`;

/** A damaged model may ask for millions of dimensions. */
const MAX_DIMS = 256;

/** A shape of unknown dims. */
export function unknownDims(node: Node, rank: number, output = 0): Dim[] {
  if (rank > MAX_DIMS) fail(node, `its output would have ${rank} dimensions.`);
  return Array.from({ length: rank }, (_, axis) => unknownDim(node, axis, output));
}

/** The content of an input if it holds only numbers. */
export function numbers(input: Inferred | undefined): readonly number[] | undefined {
  return isStatic(input?.value) ? input.value : undefined;
}

/** Axes given as an input: counted from the front, in the order given; undefined when not known. */
export function axesInput(node: Node, input: Inferred, rank: number): number[] | undefined {
  return numbers(input)?.map((axis) => normalAxis(node, axis, rank));
}

/** The output has the type of the first input. */
export const sameType: Rule = (node, inputs) => {
  const { dtype, dims } = required(node, inputs, 0);
  return [{ dtype, dims }];
};

export const ofType = (dtype: DataType, dims: readonly Dim[] | undefined): Inferred => ({ dtype, dims });
