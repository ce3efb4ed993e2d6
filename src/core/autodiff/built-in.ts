/** Rulesets that come with whylight: by name, without their rules, which are part of the compiler. */
import { WhylightError } from '../errors.ts';
import type { Ruleset } from './ruleset.ts';

const builtIn = new WeakSet<Ruleset>();

/** Marks a ruleset as one that comes with whylight: graphs that it makes may be stored under its id. */
export function markBuiltIn(ruleset: Ruleset): Ruleset {
  builtIn.add(ruleset);
  return ruleset;
}

/** True for a ruleset that comes with whylight, and for its name. */
export const isBuiltIn = (ruleset: Ruleset): boolean => builtIn.has(ruleset);

/** Stands for a ruleset, with what the run of a compiled graph depends on; the compiler takes the rules of the same id. */
const named = (id: string, title: string, reference = false): Ruleset =>
  markBuiltIn({
    id,
    title,
    ...(reference && { reference }),
    rule() {
      throw new WhylightError('internal', `The ruleset "${id}" has its rules in the compiler: take them by withRules.`);
    },
  });

/** Names of the rulesets, as `needs.ruleset` of a method has them. That of LRP has options: see `rulesets/lrp.ts`. */
export const NAMED_RULESETS: ReadonlyMap<string, Ruleset> = new Map(
  [
    named('gradient', 'Gradient'),
    named('guided', 'Guided backpropagation'),
    named('deconvnet', 'Deconvolution'),
    named('deeplift', 'DeepLIFT (Rescale)', true),
  ].map((one) => [one.id, one]),
);
