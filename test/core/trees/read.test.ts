import { describe, expect, it } from 'vitest';
import { floats, int, ints, string, strings } from '../../../src/core/onnx/attributes.ts';
import type { Node } from '../../../src/core/onnx/graph.ts';
import { ensembleBytes } from '../../../src/core/trees/ensemble.ts';
import { isTreeEnsemble, readEnsemble } from '../../../src/core/trees/read.ts';
import { classifier, compactNode, leaf, numbers, randomTree, regressor, split } from './ensembles.ts';

const STUMP = split(0, 0.5, leaf(1), leaf(2));

const altered = (node: Node, attributes: Node['attributes']): Node => ({
  ...node,
  attributes: { ...node.attributes, ...attributes },
});

describe('readEnsemble', () => {
  it('reads the three tree operators of ai.onnx.ml and no other', () => {
    for (const op of ['TreeEnsemble', 'TreeEnsembleClassifier', 'TreeEnsembleRegressor']) {
      expect(isTreeEnsemble({ domain: 'ai.onnx.ml', op })).toBe(true);
    }
    expect(isTreeEnsemble({ domain: '', op: 'TreeEnsemble' })).toBe(false);
    expect(() => readEnsemble({ ...regressor([STUMP]), op: 'Scaler' })).toThrow('Scaler "trees" is no tree ensemble.');
  });

  it('reads nodes in any order and with any ids', () => {
    const node = altered(regressor([STUMP]), {
      nodes_nodeids: ints([7, 9, 8]),
      nodes_truenodeids: ints([8, 0, 0]),
      nodes_falsenodeids: ints([9, 0, 0]),
      target_nodeids: ints([9, 8]),
      target_weights: floats([2, 1]),
    });
    expect(readEnsemble(node)).toMatchObject({
      low: Int32Array.of(1, 0, 0),
      high: Int32Array.of(2, 0, 0),
      weight: Float64Array.of(1, 2),
      depth: 1,
      columns: 1,
    });
  });

  it('reads class names of either type', () => {
    expect(readEnsemble(classifier(2, [STUMP])).labels).toEqual(['0', '1']);
    const named = altered(classifier(2, [STUMP]), {
      classlabels_int64s: ints([]),
      classlabels_strings: strings(['no', 'yes']),
    });
    expect(readEnsemble(named).labels).toEqual(['no', 'yes']);
  });

  it('uses hit rates as counts of training rows only if those of children add up', () => {
    const counted = split(0, 0.5, leaf(1, 30), leaf(2, 10), { count: 40 });
    expect(readEnsemble(regressor([counted])).lowShare).toEqual(Float64Array.of(0.75, 0, 0));
    expect(readEnsemble(regressor([STUMP])).lowShare).toBeUndefined();
    expect(readEnsemble(regressor([STUMP]), { counts: [4, 1, 3] }).lowShare).toEqual(Float64Array.of(0.25, 0, 0));
    expect(() => readEnsemble(regressor([STUMP]), { counts: [4, 1, 2] })).toThrow(
      /expected 3 numbers, one for each node/,
    );
  });

  it('uses at most 48 bytes for a node of a deep forest', () => {
    const draw = numbers(3);
    const ensemble = readEnsemble(regressor(Array.from({ length: 20 }, () => randomTree(draw, 9, 8))));
    expect(ensembleBytes(ensemble) / ensemble.column.length).toBeLessThan(48);
  });

  const broken: [string, Node, RegExp][] = [
    [
      'a list is too short',
      altered(regressor([STUMP]), { nodes_modes: strings(['LEAF']) }),
      /has 3 nodes_nodeids, but 1 nodes_modes/,
    ],
    [
      'a mode is unknown',
      altered(regressor([STUMP]), { nodes_modes: strings(['BRANCH_UP', 'LEAF', 'LEAF']) }),
      /mode "BRANCH_UP", expected LEAF or BRANCH_LEQ/,
    ],
    [
      'a child is missing',
      altered(regressor([STUMP]), { nodes_truenodeids: ints([5, 0, 0]) }),
      /names node 5 of tree 0/,
    ],
    ['nodes form a circle', altered(regressor([STUMP]), { nodes_truenodeids: ints([0, 0, 0]) }), /circle/],
    ['weights are for no score', regressor([split(0, 1, leaf({ 3: 1 }), leaf(1))]), /scores 3, 0, expected 0 to 0/],
    [
      'the aggregate is unknown',
      regressor([STUMP], { aggregate_function: string('MEDIAN') }),
      /"MEDIAN", expected SUM/,
    ],
    ['the post-transform is unknown', regressor([STUMP], { post_transform: string('TANH') }), /"TANH", expected NONE/],
    [
      'a set of members is empty',
      compactNode([split(0, 0, leaf(1), leaf(2), { mode: 'BRANCH_MEMBER', threshold: [] })]),
      /without members/,
    ],
    [
      'a leaf of a TreeEnsemble is missing',
      altered(compactNode([STUMP]), { nodes_truenodeids: ints([9]) }),
      /a leaf 9/,
    ],
    [
      'a target of a TreeEnsemble is missing',
      altered(compactNode([STUMP]), { leaf_targetids: ints([0, 4]), n_targets: int(2) }),
      /n_targets = 2/,
    ],
  ];
  for (const [what, node, message] of broken) {
    it(`refuses a file in which ${what}`, () => {
      expect(() => readEnsemble(node)).toThrow(message);
    });
  }
});
