/** Standard errors of values that are means over random samples. */
import { describe, expect, it } from 'vitest';
import { plugins } from '#plugins';
import { imageTensor } from '../../src/testing/models.ts';
import { explainerOf, openImage } from '../support/classifiers.ts';

const methods = plugins.map(({ method }) => method);
const explainer = explainerOf(methods);
const uncertain = methods.filter(({ params }) => 'uncertainty' in params.shape).map(({ id }) => id);
const image = imageTensor();
const modelled = openImage();

const samplesOf: Readonly<Record<string, object>> = {
  rise: { n_masks: 400, cells: 3 },
  kernel_shap: { n_samples: 200, feature_mask: 'grid', grid: [4] },
  shapley_sampling: { n_samples: 20, feature_mask: 'grid', grid: [3], antithetic: false },
  gradient_shap: { n_samples: 20, stdevs: 0.5 },
  neuron_gradient_shap: { n_samples: 20, stdevs: 0.5, target_layer: 'features', neuron: [0, 3, 3] },
  smooth_grad: { n_samples: 20, stdevs: 0.5 },
};

async function run(method: string, params: object, seed = 0) {
  const request = { method, params: { ...samplesOf[method], ...params }, seed, target: 1, inputs: { image } };
  const { rows } = await explainer.explain(await modelled, request);
  return rows[0];
}

describe('the parameter uncertainty', () => {
  it('belongs to methods whose values are means over random samples', () => {
    expect([...uncertain].sort()).toEqual(Object.keys(samplesOf).sort());
  });

  it.each(uncertain)('gives the standard error of each value of %s', async (method) => {
    const [plain, row] = [await run(method, {}), await run(method, { uncertainty: true })];
    expect(plain?.uncertainty).toBeUndefined();
    expect(row?.values).toEqual(plain?.values);
    const errors = row?.uncertainty?.values.image?.data as Float32Array;
    expect(row?.uncertainty?.map?.dims).toEqual([8, 8]);
    if (method === 'shapley_sampling' || method === 'kernel_shap') return;
    const meanSquare = errors.reduce((sum, error) => sum + error * error, 0) / errors.length;
    expect(Math.sqrt(meanSquare)).toBeCloseTo(row?.standardError as number, 5);
  });

  it.each(uncertain)('is about as large as the values of %s are spread over seeds', async (method) => {
    const runs = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((seed) => run(method, { uncertainty: true }, seed)));
    const size = runs[0]?.values.image?.data.length as number;
    let [spread, expected] = [0, 0];
    for (let i = 0; i < size; i++) {
      const values = runs.map((row) => row?.values.image?.data[i] as number);
      const mean = values.reduce((sum, value) => sum + value, 0) / runs.length;
      spread += values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (runs.length - 1);
      expected +=
        runs.reduce((sum, row) => sum + (row?.uncertainty?.values.image?.data[i] as number) ** 2, 0) / runs.length;
    }
    expect(Math.sqrt(expected / spread)).toBeGreaterThan(0.6);
    expect(Math.sqrt(expected / spread)).toBeLessThan(1.7);
  });

  it('adds up the errors of channels with the values', async () => {
    const [whole, sum] = [
      await run('smooth_grad', { uncertainty: true }),
      await run('smooth_grad', { uncertainty: true, reduction: 'sum' }),
    ];
    const errors = whole?.uncertainty?.values.image?.data as Float32Array;
    expect(sum?.uncertainty?.values.image?.dims).toEqual([1, 1, 8, 8]);
    expect(sum?.uncertainty?.values.image?.data[5]).toBeCloseTo(
      [5, 69, 133].reduce((all, i) => all + (errors[i] as number), 0),
      5,
    );
  });
});
