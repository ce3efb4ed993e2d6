/** Attention of operator sets 24 and 25 against the definition, worked out in float64. */
import { expect, test } from 'vitest';
import { compile } from '../../../src/core/autodiff/compile.ts';
import type { AttributesLike } from '../../../src/core/onnx/attribute-like.ts';
import { open } from '../../support/engine.ts';
import { buildCase } from '../../support/gradient-check.ts';

const [S, T, D] = [3, 4, 2];

/** softmax over the allowed keys of each query; zeros where there are none. */
function reference(q: ArrayLike<number>, k: ArrayLike<number>, v: ArrayLike<number>, allowed: Allowed): number[] {
  const rows: number[] = [];
  for (let i = 0; i < S; i++) {
    const weights = Array.from({ length: T }, (_, j) => {
      const product = (q[i * D] ?? 0) * (k[j * D] ?? 0) + (q[i * D + 1] ?? 0) * (k[j * D + 1] ?? 0);
      return allowed(i, j) ? Math.exp(product / Math.sqrt(D)) : 0;
    });
    const total = weights.reduce((a, b) => a + b, 0) || 1;
    for (let d = 0; d < D; d++) rows.push(weights.reduce((sum, w, j) => sum + (w / total) * (v[j * D + d] ?? 0), 0));
  }
  return rows;
}

type Allowed = (query: number, key: number) => boolean;

const lengths = (length: number) => ({ dims: [1], data: [length], dtype: 'int64' as const, constant: true });

const cases: readonly { title: string; attributes: AttributesLike; length?: number; allowed: Allowed }[] = [
  { title: 'a length of the row', attributes: {}, length: 2, allowed: (_, j) => j < 2 },
  {
    title: 'a length shorter than the queries, causal',
    attributes: { is_causal: 1 },
    length: 2,
    allowed: (i, j) => j < 2 && j <= i - 1,
  },
  { title: 'a window to the left', attributes: { left_window_size: 1 }, allowed: (i, j) => j >= i - 1 },
  {
    title: 'windows on both sides',
    attributes: { left_window_size: 0, right_window_size: 1 },
    allowed: (i, j) => j >= i && j <= i + 1,
  },
];

test.each(cases)('Attention gives the defined output with $title', async ({ attributes, length, allowed }) => {
  const inputs = [[1, 1, S, D], [1, 1, T, D], [1, 1, T, D], null, null, null, length ? lengths(length) : null];
  const { graph, feeds, outputs } = buildCase({ op: 'Attention' }, { inputs, attributes });
  const [scores = ''] = outputs;
  const run = await open(compile(graph, { scores }));
  const [q, k, v] = ['x0', 'x1', 'x2'].map((name) => feeds[name]?.data as Float32Array);
  const expected = reference(q as Float32Array, k as Float32Array, v as Float32Array, allowed);
  const got = Array.from((await run(feeds))[scores]?.data as Float32Array);
  for (const [i, value] of got.entries()) expect(value).toBeCloseTo(expected[i] as number, 5);
  await run.release();
});
