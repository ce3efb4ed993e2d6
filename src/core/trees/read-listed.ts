/** TreeEnsembleClassifier and TreeEnsembleRegressor of ai.onnx.ml 1 and 3: leaves are listed among the nodes. */
import { WhylightError } from '../errors.ts';
import { intAttribute, intList, intsAttribute, stringAttribute, stringsAttribute } from '../onnx/attributes.ts';
import type { Node } from '../onnx/graph.ts';
import { invalid } from '../onnx/invalid.ts';
import { modeOf } from './branches.ts';
import { build, type Source } from './build.ts';
import type { Aggregate, TreeEnsemble } from './ensemble.ts';
import { binaryHead, type Head, plainHead, postTransform } from './head.ts';
import { type ListedWeights, listedWeights, NodeIndex } from './listed.ts';
import { hasDoubles, numbersAttribute } from './numbers.ts';

const AGGREGATES = ['SUM', 'AVERAGE', 'MIN', 'MAX'];

export function readListed(node: Node, counts?: ArrayLike<number>): TreeEnsemble {
  const classifier = node.op === 'TreeEnsembleClassifier';
  const labels = classifier ? labelsOf(node) : undefined;
  const targets = labels?.length ?? intAttribute(node, 'n_targets', 1);
  const lists = listsOf(node);
  const index = new NodeIndex(lists.trees, lists.ids);
  const weights = listedWeights(node, classifier ? 'class' : 'target', index);
  const aggregate = stringAttribute(node, 'aggregate_function', 'SUM');
  if (!AGGREGATES.includes(aggregate)) {
    invalid(
      `${node.op} "${node.name}" has the aggregate_function ${JSON.stringify(aggregate)}, expected ${AGGREGATES.join(', ')}.`,
    );
  }
  return {
    ...build(listedSource(node, lists, weights, index, counts)),
    targets,
    aggregate: aggregate.toLowerCase() as Aggregate,
    head: headOf(node, targets, classifier, weights.ids),
    ...(labels && { labels }),
  };
}

function labelsOf(node: Node): string[] {
  const names = stringsAttribute(node, 'classlabels_strings', []);
  return names.length > 0 ? [...names] : intsAttribute(node, 'classlabels_int64s', []).map(String);
}

function headOf(node: Node, targets: number, classifier: boolean, ids: ArrayLike<number>): Head {
  const post = postTransform(stringAttribute(node, 'post_transform', 'NONE'));
  const base = Array.from(numbersAttribute(node, 'base_values'));
  const used = new Set(Int32Array.from(ids));
  if ([...used].some((id) => id < 0 || id >= targets)) {
    invalid(
      `${node.op} "${node.name}" has leaf weights for the scores ${[...used].join(', ')}, expected 0 to ${targets - 1}.`,
    );
  }
  if (!classifier || targets !== 2) return plainHead(targets, base, post);
  const positive = Float64Array.from(numbersAttribute(node, 'class_weights')).every((weight) => weight >= 0);
  return binaryHead(used, base, post, positive);
}

/** Attributes of the nodes, one list for each property. */
interface Lists {
  readonly trees: ArrayLike<number>;
  readonly ids: ArrayLike<number>;
  readonly columns: ArrayLike<number>;
  readonly modes: readonly string[];
  readonly thresholds: ArrayLike<number>;
  readonly whenTrue: ArrayLike<number>;
  readonly whenFalse: ArrayLike<number>;
  readonly nanTrue: ArrayLike<number>;
}

/** @throws WhylightError `invalid_model` for lists of different lengths */
function listsOf(node: Node): Lists {
  const list = (name: string): ArrayLike<number> => intList(node, `nodes_${name}`);
  const required = {
    treeids: list('treeids'),
    featureids: list('featureids'),
    modes: stringsAttribute(node, 'nodes_modes', []),
    values: numbersAttribute(node, 'nodes_values'),
    truenodeids: list('truenodeids'),
    falsenodeids: list('falsenodeids'),
  };
  const ids = list('nodeids');
  for (const [name, { length }] of Object.entries(required)) {
    if (length !== ids.length)
      invalid(`${node.op} "${node.name}" has ${ids.length} nodes_nodeids, but ${length} nodes_${name}.`);
  }
  return {
    trees: required.treeids,
    ids,
    columns: required.featureids,
    modes: required.modes,
    thresholds: required.values,
    whenTrue: required.truenodeids,
    whenFalse: required.falsenodeids,
    nanTrue: list('missing_value_tracks_true'),
  };
}

function listedSource(
  node: Node,
  lists: Lists,
  weights: ListedWeights,
  index: NodeIndex,
  given?: ArrayLike<number>,
): Source {
  const { trees, columns, modes, thresholds, whenTrue, whenFalse, nanTrue } = lists;
  const childOf = (children: ArrayLike<number>, at: number): number =>
    index.at(trees[at] as number, children[at] as number);
  const splits = modes.reduce((count, mode) => count + (mode === 'LEAF' ? 0 : 1), 0);
  const source: Source = {
    roots: index.roots,
    splits,
    weights: weights.ids.length,
    precision: hasDoubles(node, 'nodes_values') ? 'float64' : 'float32',
    leaf: (at) => (modes[at] === 'LEAF' ? weights.of(at) : undefined),
    split: (at) => ({
      branch: {
        mode: modeOf(modes[at]),
        column: columns[at] as number,
        threshold: thresholds[at] as number,
        nanTrue: nanTrue[at] === 1,
      },
      whenTrue: childOf(whenTrue, at),
      whenFalse: childOf(whenFalse, at),
    }),
  };
  const counts = given ?? numbersAttribute(node, 'nodes_hitrates');
  return addUp(source, counts, modes.length, given !== undefined)
    ? { ...source, count: (at) => counts[at] as number }
    : source;
}

/**
 * Tells if row counts are consistent: at each split, those of the two children add up to the parent's. Most exporters
 * write 1 everywhere.
 * @throws WhylightError `invalid_config` for counts of a manifest that do not
 */
function addUp(source: Source, counts: ArrayLike<number>, nodes: number, given: boolean): boolean {
  let good = counts.length === nodes && nodes > 0;
  for (let at = 0; good && at < nodes; at++) {
    if (source.leaf(at)) continue;
    const { whenTrue, whenFalse } = source.split(at);
    const [all, sum] = [counts[at] as number, (counts[whenTrue] as number) + (counts[whenFalse] as number)];
    good = all > 0 && Math.abs(all - sum) <= 1e-5 * all;
  }
  if (good || !given) return good;
  throw new WhylightError(
    'invalid_config',
    `The counts of training rows do not fit the trees: expected ${nodes} numbers, one for each node in the order of nodes_nodeids, those of a node's two children adding up to its own; ${counts.length} were given.`,
    { expected: nodes, given: counts.length },
  );
}
