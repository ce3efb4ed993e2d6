/** Rulesets that differ from the gradient in what a ReLU sends back. */
import { defineElementwise } from '../rule.ts';
import { defineRuleset, type Ruleset } from '../ruleset.ts';
import { gradient } from './gradient.ts';

interface ReluRuleset {
  readonly id: string;
  readonly title: string;
  /** Signal behind the ReLU in place of its gradient. */
  readonly derivative: Parameters<typeof defineElementwise>[0]['derivative'];
}

/** Defines a ruleset with a rule of its own for ReLUs; every other operator keeps its gradient. */
export const defineReluRuleset = ({ id, title, derivative }: ReluRuleset): Ruleset =>
  defineRuleset({
    id,
    title,
    base: gradient,
    rules: [defineElementwise({ op: 'Relu', since: [6, 13, 14], surrogate: true, derivative })],
  });
