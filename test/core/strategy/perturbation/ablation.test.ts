import { describe, expect, it } from 'vitest';
import type { Evaluation } from '../../../../src/core/method/contract.ts';
import { scoresWithout } from '../../../../src/core/strategy/perturbation/ablation.ts';
import type { Inputs } from '../../../../src/core/tensor/rows.ts';
import { rowsOf } from '../../../../src/core/tensor/rows.ts';
import { float32, type Tensor } from '../../../../src/core/tensor/tensor.ts';

/** A model whose score is a product with fixed weights: what a part adds is known. */
const WEIGHTS = [1, 2, 4, 8, 16, 32];

function linear(batchSize: number) {
  const seen: number[] = [];
  return {
    seen,
    batchSize,
    inputs: {},
    async evaluate(rows: Inputs): Promise<Evaluation> {
      const layer = rows.layer as Tensor<'float32'>;
      seen.push(rowsOf(layer));
      const scores = Float32Array.from({ length: rowsOf(layer) }, (_, row) =>
        WEIGHTS.reduce((sum, weight, i) => sum + weight * (layer.data[row * 6 + i] as number), 0),
      );
      return { scores, gradients: {}, activations: {}, hessianVectors: {} };
    },
  };
}

describe('scoresWithout', () => {
  it('ablates one feature at a time for any batch, and does not change the values', async () => {
    const values = float32([1, 6], [1, 1, 1, 1, 1, 1]);
    for (const [batchSize, batches] of [
      [1, [1, 1, 1]],
      [2, [2, 1]],
      [8, [3]],
    ] as const) {
      const model = linear(batchSize);
      const scores = await scoresWithout(model, {
        layer: 'layer',
        graph: 'ablated',
        values,
        absent: () => new Float32Array(6).fill(10),
        parts: 3,
        copy: (part, from, to) => to.set(from.subarray(2 * part, 2 * part + 2), 2 * part),
      });
      expect([...scores]).toEqual([63 + 9 * 3, 63 + 9 * 12, 63 + 9 * 48]);
      expect(model.seen).toEqual(batches);
      expect([...values.data]).toEqual([1, 1, 1, 1, 1, 1]);
    }
  });
});
