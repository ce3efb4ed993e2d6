/** Owen values: by hand for a product of three features, and against Shapley values where the tree does not matter. */
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { balancedTree, openings } from '../../../src/core/strategy/perturbation/partition-tree.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import partitionShap from '../../../src/plugins/perturbation/partition-shap.ts';
import shapleyExact from '../../../src/plugins/perturbation/shapley-exact.ts';
import { openGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';

const explainer = explainerOf([partitionShap, shapleyExact]);

/** y = relu(w x). */
function model(weights: readonly number[]) {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', weights.length]);
  const sum = g.op('MatMul', [x, g.constant('float32', [weights.length, 1], [...weights])]);
  return openGraph(g.build([g.named(g.op('Relu', [g.sub(sum, g.scalar(2))]), 'y')]));
}

async function explain(method: string, weights: readonly number[], params = {}, background?: readonly number[][]) {
  const { rows } = await explainer.explain(await model(weights), {
    method,
    params: { feature_mask: 'none', baseline: 0, ...params },
    inputs: { x: float32([1, weights.length], new Array(weights.length).fill(1)) },
    ...(background && { baselines: { x: float32([background.length, weights.length], background.flat()) } }),
  });
  return [...(rows[0]?.values.x?.data ?? [])].map((value) => Math.round(value * 1e5) / 1e5);
}

describe('partition_shap', () => {
  it('shares the score of three features by the given tree', async () => {
    // Only all three together exceed 2: the pair and the third get half each, the pair shares its half.
    expect(await explain('partition_shap', [1, 1, 1], { tree: [0, 1, 2, 3] })).toEqual([0.25, 0.25, 0.5]);
    expect(await explain('partition_shap', [1, 1, 1], { tree: [1, 2, 0, 3] })).toEqual([0.5, 0.25, 0.25]);
    expect(await explain('shapley_exact', [1, 1, 1])).toEqual([0.33333, 0.33333, 0.33333]);
  });

  it('equals Shapley values of two features', async () => {
    expect(await explain('partition_shap', [3, 1.5])).toEqual(await explain('shapley_exact', [3, 1.5]));
  });

  it('shares out evenly what its budget does not open', async () => {
    expect(await explain('partition_shap', [3, 1, 1, 1], { max_evals: 2 })).toEqual([1, 1, 1, 1]);
    const opened = await explain('partition_shap', [3, 1, 1, 1], { max_evals: 4, tree: [0, 1, 2, 3, 4, 5] });
    // The first pair alone scores 2, the second 0, both 4.
    expect(opened).toEqual([1.5, 1.5, 0.5, 0.5]);
  });

  it.each(['partition_shap', 'shapley_exact'])('%s averages the scores over several baselines', async (method) => {
    const one = await explain(method, [3, 1, 2], {}, [[0, 0, 0]]);
    const other = await explain(method, [3, 1, 2], {}, [[1, 0, 0]]);
    const both = await explain(method, [3, 1, 2], {}, [
      [0, 0, 0],
      [1, 0, 0],
    ]);
    for (const [i, value] of both.entries()) {
      expect(value).toBeCloseTo(((one[i] as number) + (other[i] as number)) / 2, 4);
    }
  });

  it.each([
    ['too short', [0, 1]],
    ['a feature joined twice', [0, 1, 1, 3]],
    ['a join before it is made', [0, 4, 1, 2]],
  ])('refuses a tree that is %s', async (_, tree) => {
    await expect(explain('partition_shap', [1, 1, 1], { tree })).rejects.toMatchObject({ code: 'invalid_request' });
  });
});

describe('the tree of places', () => {
  it('halves features along the axis in which they spread most', () => {
    const joins = balancedTree([
      [0, 0],
      [0, 9],
      [1, 0],
      [1, 9],
    ]);
    expect(joins).toEqual([
      [0, 2],
      [1, 3],
      [4, 5],
    ]);
  });

  it('needs two coalitions for each node in each state of the nodes beside it', () => {
    expect(openings(8, balancedTree(new Array(8).fill([0])))).toBe(1 + 2 * 2 + 4 * 4);
    expect(
      openings(3, [
        [0, 1],
        [2, 3],
      ]),
    ).toBe(1 + 2);
  });
});
