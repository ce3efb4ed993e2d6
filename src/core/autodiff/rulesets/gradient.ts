/** The derivative itself. */
import { gradientRules } from '../rules/index.ts';
import { defineRuleset } from '../ruleset.ts';

export const gradient = defineRuleset({ id: 'gradient', title: 'Gradient', rules: gradientRules });
