/** The rulesets by id, with their rules. That of LRP has options: see `lrp.ts`. */
import { NAMED_RULESETS } from '../built-in.ts';
import type { Ruleset } from '../ruleset.ts';
import { deconvnet } from './deconvnet.ts';
import { deeplift } from './deeplift.ts';
import { gradient } from './gradient.ts';
import { guided } from './guided.ts';

export const rulesets: ReadonlyMap<string, Ruleset> = new Map(
  [gradient, guided, deconvnet, deeplift].map((r) => [r.id, r]),
);

/** Returns the ruleset with its rules, where a name stands for it; others as they are. */
export const withRules = (ruleset: Ruleset): Ruleset =>
  NAMED_RULESETS.get(ruleset.id) === ruleset ? (rulesets.get(ruleset.id) as Ruleset) : ruleset;
