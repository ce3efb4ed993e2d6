/** The trees of a model, and what its input columns have to do with them. */

import type { ColumnFacts } from '../../columns/columns.ts';
import { type ColumnPlayers, playersOf } from '../../columns/players.ts';
import { traceColumns } from '../../columns/trace.ts';
import type { ModelInfo } from '../../model/info.ts';
import type { Graph } from '../../onnx/graph.ts';
import type { TreeEnsemble } from '../../trees/ensemble.ts';
import { findTrees } from '../../trees/find.ts';

export interface TreeModel {
  readonly ensemble: TreeEnsemble;
  /** Tensor that the trees read: [N, columns]. */
  readonly features: string;
  readonly columns: number;
  readonly players: ColumnPlayers;
  /** Columns of the model's inputs. */
  readonly sources: readonly ColumnFacts[];
}

/** Reading a large ensemble takes as long as an explanation: once for each graph. */
const known = new WeakMap<Graph, Map<string, TreeModel>>();

/**
 * The trees behind the model's scores.
 * @throws WhylightError `unprocessable_method` where there are none, or where columns are mixed in front of them
 */
export function treeModel({ graph, scores }: Pick<ModelInfo, 'graph' | 'scores'>): TreeModel {
  const models = known.get(graph) ?? new Map<string, TreeModel>();
  known.set(graph, models);
  const found = models.get(scores.name) ?? readTrees(graph, scores.name);
  models.set(scores.name, found);
  return found;
}

function readTrees(graph: Graph, scores: string): TreeModel {
  const { ensemble, features } = findTrees(graph, scores);
  const { sources, columns } = traceColumns(graph);
  const matrix = columns(features);
  const used = ensemble.column.filter((column) => column >= 0);
  return {
    ensemble,
    features,
    columns: matrix.origins.length,
    players: playersOf(matrix, sources, used),
    sources,
  };
}
