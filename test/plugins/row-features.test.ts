/** Methods over features take those of the modality that read the input: words, columns, windows. */
import { describe, expect, it } from 'vitest';
import { plugins } from '#plugins';
import type { Features } from '../../src/core/modality/modality.ts';
import { GraphBuilder } from '../../src/core/onnx/builder.ts';
import { float32, tensor } from '../../src/core/tensor/tensor.ts';
import { openGraph } from '../../src/testing/models.ts';
import { explainerOf } from '../support/classifiers.ts';
import { sumOfTokens, TOKEN_VALUES } from '../support/text-folder.ts';

const explainer = explainerOf(plugins.map(({ method }) => method));
const MASK_TOKEN = 4;
/** A special token, a word of one token, a word of two tokens, and a special token. */
const IDS = [2, 8, 10, 11, 3];
const words = (...mask: number[]): Features => ({
  list: Array.from({ length: 1 + Math.max(...mask) }, (_, i) => ({ name: `word ${i}` })),
  mask: { input_ids: Int32Array.from(mask) },
});
const ids = (rows: readonly (readonly number[])[]) => tensor('int64', [rows.length, rows[0]?.length ?? 0], rows.flat());
const sumOfValues = (...tokens: number[]): number => tokens.reduce((sum, id) => sum + (TOKEN_VALUES[id] as number), 0);

/** Attribution of each row, number by number. */
async function explained(method: string, rows: readonly (readonly number[])[], features: readonly Features[]) {
  const input = ids(rows);
  const explanation = await explainer.explain(await openGraph(sumOfTokens()), {
    method,
    target: 1,
    features,
    inputs: { input_ids: input, attention_mask: ids(rows.map((row) => row.map(() => 1))) },
    baselines: { input_ids: ids(rows.map((row) => row.map(() => MASK_TOKEN))) },
  });
  const values = explanation.rows.map(({ values: own }) => [...(own.input_ids?.data ?? [])]);
  return { values, samples: explanation.samples };
}

describe('perturbation methods on a text', () => {
  it.each(['feature_ablation', 'occlusion', 'kernel_shap', 'shapley_exact', 'shapley_sampling', 'partition_shap'])(
    '%s takes whole words away, and leaves special tokens as they are',
    async (method) => {
      const { values } = await explained(method, [IDS], [words(-1, 0, 1, 1, -1)]);
      const [first, one, left, right, last] = values[0] as [number, number, number, number, number];
      expect([first, last]).toEqual([0, 0]);
      expect(one).toBeCloseTo(sumOfValues(8), 4);
      // The tokens of a word share its value.
      expect(left).toBeCloseTo(sumOfValues(10, 11) / 2, 4);
      expect(right).toBeCloseTo(left, 6);
    },
  );

  it.each(['lime', 'rise'])('%s gives both tokens of a word the same value', async (method) => {
    const { values } = await explained(method, [IDS], [words(-1, 0, 1, 1, -1)]);
    const [first, one, left, right, last] = values[0] as [number, number, number, number, number];
    expect([first, last, right]).toEqual([0, 0, left]);
    expect(one).toBeGreaterThan(left);
  });

  it('explains each row by its own words, and counts the rows that this takes', async () => {
    const texts = [IDS, [2, 8, 8, 8, 3]];
    const { values, samples } = await explained('feature_ablation', texts, [
      words(-1, 0, 1, 1, -1),
      words(-1, 0, 1, 2, -1),
    ]);
    expect(samples.forwards).toBe(2 + 3);
    expect(values[0]?.[2]).toBeCloseTo(sumOfValues(10, 11) / 2, 4);
    expect(values[1]?.map((value) => value.toFixed(3))).toEqual(['0.000', '3.000', '3.000', '3.000', '0.000']);
  });

  it('takes each token by itself with feature_mask=none', async () => {
    const input = ids([IDS]);
    const { rows } = await explainer.explain(await openGraph(sumOfTokens()), {
      method: 'feature_ablation',
      params: { feature_mask: 'none', baseline: MASK_TOKEN },
      target: 1,
      features: [words(-1, 0, 1, 1, -1)],
      inputs: { input_ids: input, attention_mask: ids([[1, 1, 1, 1, 1]]) },
    });
    expect([...(rows[0]?.values.input_ids?.data ?? [])]).toEqual(IDS.map((id) => sumOfValues(id)));
  });

  it('goes by tokens where features only name parts of the answer', async () => {
    const { values } = await explained('feature_ablation', [IDS], [{ ...words(-1, 0, 1, 1, -1), namesOnly: true }]);
    expect(values[0]).toEqual(IDS.map((id) => sumOfValues(id)));
  });

  it('explains a text of a single word', async () => {
    for (const method of ['kernel_shap', 'shapley_sampling', 'partition_shap', 'lime', 'occlusion', 'rise']) {
      const { values } = await explained(method, [[2, 8, 3]], [words(-1, 0, -1)]);
      expect(values[0]?.[1], method).toBeGreaterThan(0);
    }
  });
});

/** Sum of two numbers, where a missing one counts as -1. */
async function sumWithGaps() {
  const g = GraphBuilder.empty('gaps');
  const x = g.input('x', 'float32', ['N', 2]);
  const filled = g.op('Where', [g.op('IsNaN', [x]), g.constant('float32', [1], [-1]), x]);
  const sum = g.op('ReduceSum', [filled, g.constant('int64', [1], [1])], { keepdims: 1 });
  return openGraph(g.build([g.named(sum, 'y')]), { modalities: { tabular: { missing: 'keep' } } });
}

describe('perturbation methods on a row with a gap', () => {
  it.each(['feature_ablation', 'kernel_shap', 'lime', 'occlusion', 'shapley_exact'])(
    '%s puts the baseline in the place of a missing value',
    async (method) => {
      const model = await sumWithGaps();
      const { rows } = await explainer.explain(model, {
        method,
        inputs: { x: float32([1, 2], [2, Number.NaN]) },
        baselines: { x: float32([1, 2], [0, 4]) },
      });
      const [first = 0, gap = 0] = rows[0]?.values.x?.data ?? [];
      expect(Math.sign(first)).toBe(1);
      // The gap counts as -1, the baseline as 4.
      expect(gap).toBeLessThan(-2.5);
    },
  );
});
