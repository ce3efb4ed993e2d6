/**
 * Rules: one operator's derivative as the vector-Jacobian product of its node, written as nodes of the same graph.
 *
 * A rule says the mathematics and nothing else. The driver (`differentiate.ts`) sees to which nodes matter, sums a
 * cotangent back to the shape of a broadcast operand, adds up cotangents, leaves out zeros and names everything.
 */
import type { AttributesLike } from '../onnx/attribute-like.ts';
import type { GraphBuilder, Value } from '../onnx/builder.ts';
import type { Node } from '../onnx/graph.ts';
import type { DataType } from '../tensor/tensor.ts';

/**
 * A list that is read as if every position were taken: `[x, w, b]` without asking. An operand that the node leaves out is
 * undefined all the same; rules that touch optional operands use `optional`.
 */
export type Operands = readonly [Value, Value, Value, Value, Value, Value, Value, Value, ...Value[]];

/** Values as {@link Operands}. */
export const operands = (values: readonly (Value | undefined)[]): Operands => values as Operands;

/**
 * Context of one call of {@link Rule.vjp}: the node, its values, and the builder that the derivative is written with.
 */
export interface RuleContext {
  readonly g: GraphBuilder;
  readonly node: Node;
  readonly inputs: Operands;
  /** Outputs of the node, for rules that reuse them. */
  readonly outputs: Operands;
  /** Derivative of the score with respect to each output; undefined stands for zero. The first one is never read when it is zero and the only one. */
  readonly cotangents: Operands;
  /** True if the derivative with respect to input `i` is needed. */
  wants(i: number): boolean;
  /** Returns input `i`, or undefined when the node leaves it out. */
  optional(i: number): Value | undefined;
  /**
   * Returns the value of the reference pass, for rulesets that compare the input with a baseline.
   * @throws WhylightError `internal` when the ruleset did not ask for a reference.
   */
  reference(value: Value): Value;
  /** True for a layer with weights that has no other in front of the scores: most of its cotangent may be zeros. */
  readonly isLast?: boolean;
  /** `optimize` of the request: whether memory may be spent, on a second copy of weights or on larger masks, to save time. */
  readonly optimize: 'speed' | 'memory';
}

/**
 * Derivatives of the score with respect to each input of a node, in order. An entry that is missing or falsy is zero.
 */
export type Cotangents = readonly (Value | undefined | null | false)[];

/**
 * Backward rule of one operator: its vector-Jacobian product as nodes of the graph, with cases that test it.
 *
 * @example
 * import type { Rule } from 'whylight/plugin';
 * const sine: Rule = {
 *   op: 'Sin', since: [7], cases: [{ inputs: [[2, 3]] }],
 *   vjp: ({ g, inputs: [x], cotangents: [dy] }) => [g.mul(dy, g.op('Cos', [x]))],
 * };
 * @see docs/operators.md
 */
export interface Rule {
  readonly op: string;
  /** `''`, the default, is `ai.onnx`. */
  readonly domain?: string;
  /**
   * Operator set versions in which the operator changed, for the documentation. It filters nothing: every graph is brought
   * to one version before a rule sees it.
   */
  readonly since: readonly number[];
  /** Returns the derivatives with respect to the inputs, as values of `context.g`. */
  vjp(context: RuleContext): Cotangents;
  /** Inputs to try the rule on; each is compared with central differences. A rule without cases fails the tests. */
  readonly cases: readonly RuleCase[];
  /** For `docs/operators.md`: the convention at a kink, a limit, anything a user should know. */
  readonly note?: string;
  /** True if the rule returns a chosen signal and not the derivative (straight-through, zero at a jump): it is not compared with differences. */
  readonly surrogate?: boolean;
}

/** Node that a rule is tested on: its inputs, attributes and number of outputs. */
export interface RuleCase {
  readonly inputs: readonly CaseInput[];
  readonly attributes?: AttributesLike;
  /** Number of outputs of the node; 1 when left out. */
  readonly outputs?: number;
  /** Indices of the inputs that are differentiated; every float input that is not `constant` when left out. */
  readonly wrt?: readonly number[];
}

/**
 * Input of a {@link RuleCase}: a shape with random values, a described tensor, or null for an optional input left out.
 */
export type CaseInput =
  /** Random values of this shape, uniform in (-1, 1). */
  | readonly number[]
  /** An optional input left out. */
  | null
  | {
      readonly dims: readonly number[];
      readonly dtype?: DataType;
      /** Uniform in this range, evenly spread and shuffled, so that no two values come close to one another. */
      readonly range?: readonly [number, number];
      readonly data?: readonly number[];
      /** An initializer and not a graph input: weights, axes, shapes. Given ints are constant unless said otherwise. */
      readonly constant?: boolean;
    };

/**
 * Defines the backward rule of one operator, typed and unchanged. Register it with {@link defineRuleset}.
 *
 * @example
 * import { defineRule } from 'whylight/plugin';
 * const sine = defineRule({
 *   op: 'Sin', since: [7], cases: [{ inputs: [[2, 3]] }],
 *   vjp: ({ g, inputs: [x], cotangents: [dy] }) => [g.mul(dy, g.op('Cos', [x]))],
 * });
 * @see https://onnx.ai/onnx/operators/
 */
export const defineRule = (rule: Rule): Rule => rule;

/**
 * Defines the rule of an operator y = f(x) that works element by element.
 * @param rule `derivative` returns f'(x) times `dy`, in the shape of `x`; false stands for zero
 *
 * @example
 * import { defineElementwise } from 'whylight/plugin';
 * const exponential = defineElementwise({ op: 'Exp', since: [6, 13], derivative: ({ g, y, dy }) => g.mul(dy, y) });
 */
export const defineElementwise = (
  rule: Omit<Rule, 'vjp' | 'cases'> & {
    derivative(context: {
      g: GraphBuilder;
      x: Value;
      y: Value;
      dy: Value;
      node: Node;
      optimize: RuleContext['optimize'];
    }): Value | false;
    cases?: readonly RuleCase[];
  },
): Rule => ({
  ...rule,
  vjp: ({ g, node, inputs: [x], outputs: [y], cotangents: [dy], optimize }) => [
    rule.derivative({ g, x, y, dy, node, optimize }),
  ],
  cases: rule.cases ?? [{ inputs: [[2, 3, 4]] }],
});

/**
 * Defines the rule of an operator whose derivative is zero wherever it exists: rounding, comparison, indices, shapes.
 *
 * @example
 * import { defineZero } from 'whylight/plugin';
 * const round = defineZero({ op: 'Round', since: [11], cases: [{ inputs: [[2, 3]] }] });
 */
export const defineZero = (rule: Omit<Rule, 'vjp' | 'surrogate'>): Rule => ({
  ...rule,
  surrogate: true,
  vjp: () => [],
});

export const ruleKey = (op: string, domain = ''): string => (domain === '' ? op : `${domain}:${op}`);
