import { describe, expect, it } from 'vitest';
import type { ExplainContext } from '../../../../src/core/method/contract.ts';
import { scorePerturbed } from '../../../../src/core/strategy/perturbation/perturb.ts';
import type { Inputs } from '../../../../src/core/tensor/rows.ts';
import { rowsOf } from '../../../../src/core/tensor/rows.ts';
import { float32, type Tensor } from '../../../../src/core/tensor/tensor.ts';

const OWN = [1, 2, 3, 4, 5];

/** The rows that the model is asked about, copied, as their array is written again. */
function asked(batchSize: number, prefetch = false) {
  const rows: number[][] = [];
  const ctx = {
    batchSize,
    prefetch,
    inputs: { x: float32([1, 5], OWN) },
    async evaluate({ x }: Inputs) {
      const { data } = x as Tensor<'float32'>;
      const count = rowsOf(x as Tensor);
      for (let row = 0; row < count; row++) rows.push([...data.subarray(row * 5, (row + 1) * 5)]);
      return {
        scores: Float32Array.from({ length: count }, (_, i) => i),
        gradients: {},
        activations: {},
        hessianVectors: {},
      };
    },
  };
  return { ctx: ctx as unknown as ExplainContext<unknown>, rows };
}

describe('scorePerturbed', () => {
  const hidden = OWN.map((_, at) => OWN.map((value, i) => (i === at ? 0 : value)));
  const hide = (index: number, copy: Readonly<Record<string, ArrayLike<unknown>>>): void => {
    (copy.x as Float32Array)[index] = 0;
  };

  const portions = [1, 2, 3, 5, 8].flatMap((size) => [[size, false] as const, [size, true] as const]);

  it.each(portions)(
    'gives every copy the original input, in portions of %i, prefetch %s',
    async (batchSize, prefetch) => {
      const { ctx, rows } = asked(batchSize, prefetch);
      await scorePerturbed(ctx, 5, ['x'], hide, () => {});
      expect(rows).toEqual(hidden);
    },
  );

  it.each(portions)(
    'lets the caller restore what it wrote, in portions of %i, prefetch %s',
    async (batchSize, prefetch) => {
      const { ctx, rows } = asked(batchSize, prefetch);
      const restore = (index: number, copy: Readonly<Record<string, ArrayLike<unknown>>>): void => {
        (copy.x as Float32Array)[index] = OWN[index] as number;
      };
      await scorePerturbed(ctx, 5, ['x'], hide, () => {}, restore);
      expect(rows).toEqual(hidden);
    },
  );

  it('stops when its consumer stops', async () => {
    const { ctx, rows } = asked(2);
    const heard: number[] = [];
    await scorePerturbed(ctx, 5, ['x'], hide, (index) => heard.push(index) === 3);
    expect([heard, rows.length]).toEqual([[0, 1, 2], 4]);
  });
});
