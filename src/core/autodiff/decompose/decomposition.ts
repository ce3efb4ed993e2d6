/** Form of a decomposition: what it is asked with, and what it gives. */
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import type { Node } from '../../onnx/graph.ts';

export interface DecompositionContext {
  readonly g: GraphBuilder;
  readonly node: Node;
  /** Undefined for an input that is left out. */
  readonly inputs: readonly (Value | undefined)[];
  /** An input that the operator cannot do without. */
  input(i: number): Value;
  /** True if anything reads output `i`. */
  reads(i: number): boolean;
}

export interface Decomposition {
  readonly op: string;
  /** `''`, the default, is `ai.onnx`. */
  readonly domain?: string;
  /** Asked for wherever the operator stands: it is younger than the operator set of graphs. */
  readonly always?: boolean;
  /** Asked for although the operator has a rule, which does not fit all its forms. */
  readonly evenWithRule?: boolean;
  /** For `docs/operators.md`. */
  readonly note?: string;
  /**
   * Writes the values of the node's outputs, in order; undefined for one that nothing reads. No values at all when the
   * node has to stay as it is.
   * @throws WhylightError `not_differentiable` for a form that cannot be rewritten
   */
  rewrite(context: DecompositionContext): readonly (Value | undefined)[] | undefined;
}
