/** Methods that average over the background rows of a model, on a weighted sum: w (x - mean of the rows). */
import { describe, expect, it } from 'vitest';
import { plugins } from '#plugins';
import { GraphBuilder } from '../../src/core/onnx/builder.ts';
import { float32 } from '../../src/core/tensor/tensor.ts';
import { openGraph } from '../../src/testing/models.ts';
import { explainerOf } from '../support/classifiers.ts';

const explainer = explainerOf(plugins.map(({ method }) => method));
const WEIGHTS = [3, -1, 2];
const ROW = [1, 2, 3];

function weightedSum() {
  const g = GraphBuilder.empty('sum');
  const x = g.input('x', 'float32', ['N', 3]);
  return g.build([g.named(g.op('MatMul', [x, g.constant('float32', [3, 1], WEIGHTS)]), 'value')]);
}

/** Rows that differ, so that it matters which are taken. */
const rowsOf = (count: number): number[][] => Array.from({ length: count }, (_, i) => [i, (i * i) % 7, -i]);

async function explain(method: string, background: readonly number[][]) {
  const params = method === 'gradient_shap' ? { n_samples: background.length } : { feature_mask: 'none' };
  const { rows } = await explainer.explain(await openGraph(weightedSum(), { task: 'regression' }), {
    method,
    params,
    inputs: { x: float32([1, 3], ROW) },
    background: { x: float32([background.length, 3], background.flat()) },
  });
  const [row] = rows;
  return { values: [...(row?.values.x?.data ?? [])], text: row?.text };
}

/** Values of a weighted sum against these rows. */
const expected = (rows: readonly number[][]): number[] =>
  WEIGHTS.map((weight, j) => {
    const mean = rows.reduce((sum, row) => sum + (row[j] as number), 0) / rows.length;
    return weight * ((ROW[j] as number) - mean);
  });

const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 3));

describe('background rows of a model', () => {
  it.each(['kernel_shap', 'shapley_sampling', 'partition_shap', 'gradient_shap'])(
    'are what %s averages over, as it says',
    async (method) => {
      const rows = rowsOf(5);
      const { values, text } = await explain(method, rows);
      expect(values).toEqual(close(expected(rows)));
      expect(text).toContain('5 ');
      expect(text).toContain('background rows');
    },
  );

  it.each(['kernel_shap', 'shapley_sampling', 'partition_shap'])(
    'are spread evenly where there are more than %s takes',
    async (method) => {
      const rows = rowsOf(48);
      const { values, text } = await explain(method, rows);
      expect(values).toEqual(close(expected(rows.filter((_, i) => i % 3 === 0))));
      expect(text).toBe('Absent features took the values of 16 background rows.');
    },
  );
});
