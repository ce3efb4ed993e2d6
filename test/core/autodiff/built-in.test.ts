import { describe, expect, it } from 'vitest';
import { isBuiltIn, NAMED_RULESETS } from '../../../src/core/autodiff/built-in.ts';
import { excluding } from '../../../src/core/autodiff/ruleset.ts';
import { gradient } from '../../../src/core/autodiff/rulesets/gradient.ts';
import { guided } from '../../../src/core/autodiff/rulesets/guided.ts';
import { rulesets, withRules } from '../../../src/core/autodiff/rulesets/index.ts';

/** Members of a ruleset but its rules. */
const traits = ({ rule: _, ...others }: object & { readonly rule: unknown }): object => others;

describe('the name of a ruleset', () => {
  it('has the traits of the ruleset that the compiler takes for it', () => {
    expect([...NAMED_RULESETS.keys()]).toEqual([...rulesets.keys()]);
    for (const [id, named] of NAMED_RULESETS) {
      expect(withRules(named)).toBe(rulesets.get(id));
      expect(traits(named)).toEqual(traits(withRules(named)));
    }
  });

  it('leaves rulesets of plugins as they are, whatever their id', () => {
    const own = { ...gradient };
    expect(withRules(own)).toBe(own);
    expect(withRules(guided)).toBe(guided);
    expect([isBuiltIn(own), isBuiltIn(excluding(guided, ['relu'], gradient)), isBuiltIn(guided)]).toEqual([
      false,
      false,
      true,
    ]);
  });
});
