/** Outcomes of rules by the types that they were given: many rulesets apply the same rule to the same node. */
import type { GraphBuilder, Value } from '../onnx/builder.ts';
import type { Spent } from '../onnx/compile-budget.ts';
import type { Node } from '../onnx/graph.ts';
import { type Inferred, sameInferred } from '../onnx/infer.ts';
import type { Rule, RuleContext } from './rule.ts';

/** Outcome of a rule: types of the cotangents that it returned, and the reasons for which it refused the form of the node. */
export interface RuleOutcome {
  readonly cotangents: readonly (Inferred | undefined)[];
  readonly reasons: readonly string[];
  readonly spent: Spent;
}

interface Known extends RuleOutcome {
  readonly given: readonly (Inferred | undefined)[];
  readonly settings: string;
}

/** Outcomes of rules that were applied, by rule, node, types of the operands and settings. */
export class RuleOutcomes {
  private readonly known = new WeakMap<Node, Map<Rule | undefined, Known[]>>();

  /** The outcome of a rule that was applied to operands of the same types before; undefined if there is none. */
  find(rule: Rule | undefined, context: RuleContext): RuleOutcome | undefined {
    const outcomes = this.known.get(context.node)?.get(rule);
    if (!outcomes) return undefined;
    const settings = settingsOf(context);
    return outcomes.find((known) => known.settings === settings && isGiven(known.given, context));
  }

  /** Notes an outcome. */
  note(rule: Rule | undefined, context: RuleContext, outcome: RuleOutcome): void {
    const ofNode = this.known.get(context.node) ?? new Map<Rule | undefined, Known[]>();
    this.known.set(context.node, ofNode);
    const outcomes = ofNode.get(rule) ?? [];
    ofNode.set(rule, outcomes);
    outcomes.push({ ...outcome, given: operandsOf(context), settings: settingsOf(context) });
  }
}

/**
 * Values of these types that no node computes, for drafts.
 * @returns undefined where a shape is not known, or the content is: what follows may depend on it
 */
export function standIns(g: GraphBuilder, types: RuleOutcome['cotangents']): (Value | undefined)[] | undefined {
  if (types.some((type) => type && (!type.dims || type.value))) return undefined;
  return types.map((type) => type && g.input('draft', type.dtype, type.dims ?? []));
}

const isSame = (a: Inferred | undefined, b: Inferred | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && sameInferred(a, b));

/** True if the context holds operands of these types. */
function isGiven(types: Known['given'], { inputs, outputs, cotangents }: RuleContext): boolean {
  let at = 0;
  for (const operands of [inputs, outputs, cotangents])
    for (let i = 0; i < operands.length; i++, at++) if (!isSame(types[at], operands[i])) return false;
  return true;
}

const operandsOf = ({ inputs, outputs, cotangents }: RuleContext): (Inferred | undefined)[] => [
  ...inputs,
  ...outputs,
  ...cotangents,
];

/** Everything else that a rule may go by. */
function settingsOf({ g, node, inputs, wants, optimize, isLast }: RuleContext): string {
  const flags = node.inputs.map((_, i) => {
    const input = inputs[i];
    return (wants(i) ? 1 : 0) + (input && g.constantData(input) ? 2 : 0);
  });
  return `${optimize},${isLast},${flags}`;
}
