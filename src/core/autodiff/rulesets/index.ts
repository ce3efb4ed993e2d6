/** The rulesets by id, as `needs.ruleset` of a method names them. That of LRP has options: see `lrp.ts`. */
import type { Ruleset } from '../ruleset.ts';
import { deconvnet } from './deconvnet.ts';
import { deeplift } from './deeplift.ts';
import { gradient } from './gradient.ts';
import { guided } from './guided.ts';

export const rulesets: ReadonlyMap<string, Ruleset> = new Map(
  [gradient, guided, deconvnet, deeplift].map((r) => [r.id, r]),
);
