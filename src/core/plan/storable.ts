/** Graphs that may be stored under their names. */
import { isBuiltIn } from '../autodiff/built-in.ts';
import type { GraphCompiler } from './graph-compiler.ts';

/** Returns true if a graph for these needs may be stored: rulesets of plugins may change without another id. */
export const isStorable: GraphCompiler['isStorable'] = ({ gradients, ruleset, scores }) =>
  // A similarity is that to one box of one image.
  (gradients.length === 0 || isBuiltIn(ruleset)) && !scores.startsWith('target/similarity/');
