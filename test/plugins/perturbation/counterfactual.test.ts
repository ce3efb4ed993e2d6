import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import counterfactual from '../../../src/plugins/perturbation/counterfactual.ts';
import { imageGraph, openGraph, picture } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';

/** Class 1 where x0 + x1 exceeds 3, else class 0; x2 is not looked at. */
function model() {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 3]);
  const scores = g.op('Gemm', [
    x,
    g.constant('float32', [3, 2], [0, 1, 0, 1, 0, 0]),
    g.constant('float32', [2], [3, 0]),
  ]);
  return openGraph(g.build([g.named(scores, 'scores')]));
}

async function explain(x: readonly number[], rows: readonly (readonly number[])[], params = {}) {
  const explanation = await explainerOf([counterfactual]).explain(await model(), {
    method: 'counterfactual',
    params,
    inputs: { x: float32([1, 3], [...x]) },
    baselines: { x: float32([rows.length, 3], rows.flat()) },
  });
  const [row] = explanation.rows;
  return { change: [...(row?.values.x?.data ?? [])], score: row?.baselineScore };
}

describe('counterfactual', () => {
  it('changes the columns that the class needs, and no other', async () => {
    const { change, score } = await explain(
      [1, 1, 5],
      [
        [1, 4, 9],
        [9, 9, 0],
        [0, 0, 5],
      ],
    );
    expect(change).toEqual([0, 3, 0]);
    expect(score).toBe(3);
  });

  it('keeps several changes where one alone does not flip the class', async () => {
    const { change } = await explain([1, 1, 5], [[2, 2, 7]]);
    expect(change).toEqual([1, 1, 0]);
  });

  it('looks for the desired class', async () => {
    await expect(explain([1, 1, 5], [[4, 4, 5]], { desired: 0 })).rejects.toMatchObject({
      code: 'unprocessable_method',
    });
  });

  it.each([
    ['no baseline is of another class', [[0, 0, 1]], 'unprocessable_method'],
    ['there are no baselines', [], 'unprocessable_method'],
  ])('refuses when %s', async (_, rows, code) => {
    const request = {
      method: 'counterfactual',
      inputs: { x: float32([1, 3], [1, 1, 5]) },
      ...(rows.length > 0 && { baselines: { x: float32([rows.length, 3], rows.flat()) } }),
    };
    await expect(explainerOf([counterfactual]).explain(await model(), request)).rejects.toMatchObject({ code });
  });

  it('refuses images', async () => {
    const request = { method: 'counterfactual', inputs: { image: picture() }, baselines: { image: picture() } };
    await expect(explainerOf([counterfactual]).explain(await openGraph(imageGraph()), request)).rejects.toMatchObject({
      code: 'unprocessable_method',
    });
  });
});
