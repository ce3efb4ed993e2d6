/** Every rule against central differences, on every case it declares. */
import { describe, expect, it } from 'vitest';
import { ruleKey } from '../../../src/core/autodiff/rule.ts';
import { gradientRules } from '../../../src/core/autodiff/rules/index.ts';
import { gradient } from '../../../src/core/autodiff/rulesets/gradient.ts';
import { checkRule } from '../../support/gradient-check.ts';

describe.each(gradientRules.map((rule) => ({ name: ruleKey(rule.op, rule.domain), rule })))('$name', ({ rule }) => {
  it('has cases', () => expect(rule.cases.length).toBeGreaterThan(0));

  if (rule.surrogate) return;
  it.each(rule.cases.map((ruleCase, i) => ({ i, ruleCase })))(
    'case $i agrees with central differences',
    async ({ ruleCase }) => {
      for (const optimize of ['memory', 'speed'] as const) {
        const worst = await checkRule(rule, ruleCase, gradient, optimize);
        expect(worst.error, `${JSON.stringify(ruleCase)} (${optimize}) ${worst.output} by ${worst.input}`).toBeLessThan(
          2e-3,
        );
      }
    },
  );
});
