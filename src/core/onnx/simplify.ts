/**
 * The same function in fewer nodes. Values come out the same to rounding; the names of inputs, outputs and kept tensors
 * never change.
 */
import { prune } from './edit.ts';
import type { Graph } from './graph.ts';
import { dropIdentities } from './simplify/drop-identities.ts';
import { foldBatchNorm } from './simplify/fold-batch-norm.ts';
import { foldConstants } from './simplify/fold-constants.ts';
import { joinMovements } from './simplify/join-movements.ts';
import { protectPads } from './simplify/protect-pads.ts';
import { resolveSequences } from './simplify/resolve-sequences.ts';
import { spellOutPads } from './simplify/spell-out-pads.ts';
import { spellOutSqueezes } from './simplify/spell-out-squeezes.ts';

export interface SimplifyOptions {
  /** Tensors, besides the outputs, that must still be there under their names. */
  readonly keep?: ReadonlySet<string>;
}

/** Folds constants, drops what changes nothing, folds batch norms into the layer in front, removes what nothing reads. */
export function simplify(graph: Graph, { keep = new Set() }: SimplifyOptions = {}): Graph {
  const kept = new Set([...keep, ...graph.outputs.map((output) => output.name)]);
  const passes = [
    resolveSequences,
    foldConstants,
    dropIdentities,
    joinMovements,
    foldBatchNorm,
    spellOutPads,
    protectPads,
    spellOutSqueezes,
  ];
  return passes.reduce((simpler, pass) => prune(pass(simpler, kept), [...kept]), prune(graph, [...kept]));
}
