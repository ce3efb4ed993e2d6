/** Rulesets by id, as methods ask the facts about a model for them. */
import { NAMED_RULESETS } from '../autodiff/built-in.ts';
import type { Ruleset } from '../autodiff/ruleset.ts';
import { nearest, WhylightError } from '../errors.ts';

/**
 * Returns the ruleset that comes with whylight under this id.
 * @throws WhylightError `invalid_config`
 */
export function registeredRuleset(id: string): Ruleset {
  const ruleset = NAMED_RULESETS.get(id);
  if (ruleset) return ruleset;
  throw new WhylightError(
    'invalid_config',
    `There is no ruleset "${id}"; there are ${[...NAMED_RULESETS.keys()].join(', ')}.`,
    {
      ruleset: id,
      nearest: nearest(id, NAMED_RULESETS.keys()),
    },
  );
}
