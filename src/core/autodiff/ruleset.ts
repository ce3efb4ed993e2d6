/** A table of backward rules. The gradient is one; guided backpropagation, LRP and DeepLIFT are others over the same driver. */
import { nearest, WhylightError } from '../errors.ts';
import type { GraphBuilder, Value } from '../onnx/builder.ts';
import type { Graph, Node } from '../onnx/graph.ts';
import { knownOperators } from '../onnx/infer.ts';
import { type Rule, ruleKey } from './rule.ts';

/** Position of a node between the inputs and the scores, for rulesets that treat layers by position. */
export interface NodePosition {
  readonly node: Node;
  /** No other node with weights lies between it and the inputs. */
  readonly first: boolean;
  /** No other node with weights lies between it and the scores. */
  readonly last: boolean;
}

/**
 * Table of backward rules, with optional steps before, at the start of and after the backward pass.
 *
 * @example
 * import { gradient, type Ruleset } from 'whylight/plugin';
 * const renamed: Ruleset = { id: 'renamed', title: 'Gradient', rule: (position) => gradient.rule(position) };
 */
export interface Ruleset {
  readonly id: string;
  readonly title: string;
  /** Returns the rule for a node, or undefined when there is none. Called once for every node on the path. */
  rule(position: NodePosition): Rule | undefined;
  /** Rewrites the graph before anything else: LRP folds batch norms, rulesets of transformers decompose. */
  prepare?(graph: Graph): Graph;
  /** True if {@link prepare} changes the inputs of the graph, so that it does not run on those of the model. */
  readonly otherInputs?: boolean;
  /** Start of the backward pass, from the scores and the cotangent: LRP begins with the target's score. The cotangent itself when left out. */
  seed?(g: GraphBuilder, scores: Value, cotangent: Value): Value;
  /** Output in place of the derivative with respect to `tensor`, batch first: what can be folded here never leaves the engine. The derivative itself when left out. */
  finish?(g: GraphBuilder, derivative: Value, tensor: string): Value;
  /** True if the rules compare with a reference pass: the graph gets a second set of inputs, `baseline/<input>`. */
  readonly reference?: boolean;
}

/**
 * Makes a ruleset from a base and the rules that differ from it.
 * @throws WhylightError `invalid_config` when two rules are for the same operator, or one is for an operator that
 * `ai.onnx` does not have
 *
 * @example
 * import { defineElementwise, defineRuleset, gradient } from 'whylight/plugin';
 * const relu = defineElementwise({ op: 'Relu', since: [6, 13, 14], surrogate: true, derivative: ({ dy }) => dy });
 * export const linear = defineRuleset({ id: 'linear', title: 'ReLU as identity', base: gradient, rules: [relu] });
 */
export function defineRuleset(
  definition: Omit<Ruleset, 'rule'> & { readonly base?: Ruleset; readonly rules: readonly Rule[] },
): Ruleset {
  const { base, rules, ...rest } = definition;
  const table = new Map<string, Rule>();
  for (const rule of rules) {
    const key = ruleKey(rule.op, rule.domain);
    if (!rule.domain) checkOperator(definition.id, rule.op);
    if (table.has(key)) {
      throw new WhylightError('invalid_config', `Ruleset "${definition.id}" has two rules for ${key}: keep one.`, {
        operator: key,
      });
    }
    table.set(key, rule);
  }
  return {
    ...(base?.prepare && { prepare: base.prepare }),
    ...(base?.otherInputs && { otherInputs: base.otherInputs }),
    ...(base?.seed && { seed: base.seed }),
    ...(base?.finish && { finish: base.finish }),
    ...(base?.reference && { reference: base.reference }),
    ...rest,
    rule: (position) => table.get(ruleKey(position.node.op, position.node.domain)) ?? base?.rule(position),
  };
}

/** A rule that matches nothing would leave the base's rule in force without a word. */
function checkOperator(ruleset: string, op: string): void {
  const known = knownOperators();
  if (known.includes(op)) return;
  const [close] = nearest(op, known);
  throw new WhylightError(
    'invalid_config',
    `Ruleset "${ruleset}" has a rule for "${op}", but ai.onnx has no operator "${op}". ${
      close ? `Did you mean "${close}"?` : 'State the domain of an operator of another set.'
    }`,
    { operator: op },
  );
}

/** The ruleset with the plain rules of `other` at the nodes of these names. */
export function excluding(ruleset: Ruleset, nodes: readonly string[], other: Ruleset): Ruleset {
  if (nodes.length === 0) return ruleset;
  return {
    ...ruleset,
    id: `${ruleset.id} except ${[...nodes].sort().join(', ')}`,
    rule: (position) => (nodes.includes(position.node.name) ? other : ruleset).rule(position),
  };
}
