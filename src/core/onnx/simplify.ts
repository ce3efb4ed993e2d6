/**
 * The same function in fewer nodes. Values come out the same to rounding; the names of inputs, outputs and kept tensors
 * never change.
 */
import type { CompileBudget } from './compile-budget.ts';
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

/** The same function without some of the nodes; the kept tensors stay. */
type Pass = (graph: Graph, kept: ReadonlySet<string>, budget?: CompileBudget) => Graph;

export interface SimplifyOptions {
  /** Tensors, besides the outputs, that must still be there under their names. */
  readonly keep?: ReadonlySet<string>;
  /** Count of the work; without one there is no limit. */
  readonly budget?: CompileBudget;
}

/**
 * Folds constants, drops what changes nothing, folds batch norms into the layer in front, removes what nothing reads.
 * @throws WhylightError `compilation_limit` beyond the work that the budget allows
 */
export function simplify(graph: Graph, { keep = new Set(), budget }: SimplifyOptions = {}): Graph {
  const kept = new Set([...keep, ...graph.outputs.map((output) => output.name)]);
  const passes: readonly Pass[] = [
    resolveSequences,
    foldConstants,
    dropIdentities,
    joinMovements,
    foldBatchNorm,
    spellOutPads,
    protectPads,
    spellOutSqueezes,
  ];
  return passes.reduce(
    (simpler, pass) => {
      budget?.visit(2 * simpler.nodes.length);
      const changed = pass(simpler, kept, budget);
      return changed === simpler ? simpler : prune(changed, [...kept]);
    },
    prune(graph, [...kept]),
  );
}
