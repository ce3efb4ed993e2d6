/** TreeEnsemble of ai.onnx.ml 5: splits and leaves are listed apart, and every leaf has one weight. */
import { intAttribute, intList, tensorAttribute } from '../onnx/attributes.ts';
import { constantValues } from '../onnx/constant.ts';
import type { Node } from '../onnx/graph.ts';
import { invalid } from '../onnx/invalid.ts';
import { MODES, modeOf } from './branches.ts';
import { build, type Source } from './build.ts';
import type { Aggregate, TreeEnsemble } from './ensemble.ts';
import { plainHead, postTransform } from './head.ts';

const AGGREGATES: readonly Aggregate[] = ['average', 'sum', 'min', 'max'];

export function readCompact(node: Node): TreeEnsemble {
  const targets = intAttribute(node, 'n_targets', 1);
  const aggregate = AGGREGATES[intAttribute(node, 'aggregate_function', 1)];
  if (!aggregate) return invalid(`TreeEnsemble "${node.name}" has an aggregate_function other than 0 to 3.`);
  return {
    ...build(compactSource(node, targets)),
    targets,
    aggregate,
    head: plainHead(targets, [], postTransform(intAttribute(node, 'post_transform', 0))),
  };
}

/** Splits keep their numbers; leaf `i` follows as the number of splits plus `i`. */
function compactSource(node: Node, targets: number): Source {
  const list = (name: string): ArrayLike<number> => intList(node, name);
  const [columns, whenTrue, whenFalse] = [
    list('nodes_featureids'),
    list('nodes_truenodeids'),
    list('nodes_falsenodeids'),
  ];
  const [trueLeafs, falseLeafs, nanTrue] = [
    list('nodes_trueleafs'),
    list('nodes_falseleafs'),
    list('nodes_missing_value_tracks_true'),
  ];
  const [leafTargets, leafWeights] = [list('leaf_targetids'), tensorOf(node, 'leaf_weights')];
  const [modes, thresholds] = [tensorOf(node, 'nodes_modes'), tensorOf(node, 'nodes_splits')];
  const splits = columns.length;
  for (const { length } of [whenTrue, whenFalse, trueLeafs, falseLeafs, modes, thresholds]) {
    if (length !== splits)
      invalid(
        `TreeEnsemble "${node.name}" has ${splits} nodes_featureids, but another of its lists has ${length} entries.`,
      );
  }
  if (
    Int32Array.from(leafTargets).some((target) => target < 0 || target >= targets) ||
    leafTargets.length !== leafWeights.length
  ) {
    invalid(
      `TreeEnsemble "${node.name}" has leaves whose leaf_targetids or leaf_weights do not fit n_targets = ${targets}.`,
    );
  }
  const sets = memberSets(node, modes);
  const child = (children: ArrayLike<number>, leafs: ArrayLike<number>, at: number): number => {
    const number = children[at] as number;
    if (number < 0 || number >= (leafs[at] ? leafTargets.length : splits)) {
      invalid(`TreeEnsemble "${node.name}" names a ${leafs[at] ? 'leaf' : 'node'} ${number} that is not in its lists.`);
    }
    return leafs[at] ? splits + number : number;
  };
  return {
    roots: list('tree_roots'),
    splits,
    weights: leafTargets.length,
    precision: tensorAttribute(node, 'nodes_splits')?.dtype === 'float64' ? 'float64' : 'float32',
    leaf: (at) =>
      at < splits
        ? undefined
        : [{ target: leafTargets[at - splits] as number, value: leafWeights[at - splits] as number }],
    split: (at) => ({
      branch: {
        mode: modeOf(MODES[modes[at] as number]),
        column: columns[at] as number,
        threshold: sets.get(at) ?? (thresholds[at] as number),
        nanTrue: nanTrue[at] === 1,
      },
      whenTrue: child(whenTrue, trueLeafs, at),
      whenFalse: child(whenFalse, falseLeafs, at),
    }),
  };
}

function tensorOf(node: Node, name: string): ArrayLike<number> {
  const constant = tensorAttribute(node, name);
  return constant ? constantValues(constant) : invalid(`TreeEnsemble "${node.name}" has no attribute ${name}.`);
}

/** Sets of the membership tests, which NaN separates, by node. */
function memberSets(node: Node, modes: ArrayLike<number>): Map<number, number[]> {
  const sets = new Map<number, number[]>();
  const all = tensorAttribute(node, 'membership_values');
  const values = all ? constantValues(all) : [];
  let next = 0;
  for (let at = 0; at < modes.length; at++) {
    if (MODES[modes[at] as number] !== 'BRANCH_MEMBER') continue;
    const set: number[] = [];
    while (next < values.length && !Number.isNaN(values[next])) set.push(values[next++] as number);
    next++;
    if (set.length === 0)
      invalid(`TreeEnsemble "${node.name}" has a BRANCH_MEMBER node without members in membership_values.`);
    sets.set(at, set);
  }
  return sets;
}
