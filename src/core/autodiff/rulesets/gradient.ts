/** The derivative itself. */
import { markBuiltIn } from '../built-in.ts';
import type { Cotangents, Rule, RuleContext } from '../rule.ts';
import { gradientRules } from '../rules/index.ts';
import { defineRuleset } from '../ruleset.ts';

/**
 * Ruleset of the derivative itself, with a rule for every differentiable operator of `docs/operators.md`.
 *
 * @example
 * import { defineRuleset, gradient } from 'whylight/plugin';
 * export const custom = defineRuleset({ id: 'custom', title: 'Custom rules', base: gradient, rules: [rule] });
 * @see docs/operators.md
 */
export const gradient = markBuiltIn(defineRuleset({ id: 'gradient', title: 'Gradient', rules: gradientRules }));

/** Gradient of a node with its operands or cotangents changed; other rulesets are made of this. */
export function gradientAt(context: RuleContext, changes: Partial<RuleContext> = {}): Cotangents {
  const rule = gradient.rule({ node: context.node, first: false, last: false }) as Rule;
  return rule.vjp({ ...context, ...changes });
}
