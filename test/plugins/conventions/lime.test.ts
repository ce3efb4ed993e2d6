/** Coefficients of scikit-learn's Lasso in float64, fitted to all 16 coalitions with Captum's weights. */
import { describe, it } from 'vitest';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { expectValues } from '../../support/convention-maps.ts';
import { perceptron } from '../../support/convention-nets.ts';

describe('lime with a lasso', () => {
  const request = { method: 'lime', inputs: { x: float32([1, 4], [2, -1.5, 0.5, -3]) }, target: 1 };

  it.each([
    [1, 'relative', 0.01, [-1.528861, -0.2878971, 0.0, -2.337094]],
    [1, 'relative', 0.2, [-0.3613554, -0.0, 0.0, -1.160772]],
    [1, 'absolute', 0.01, [-1.548228, -0.3069293, 0.0, -2.356745]],
    [1, 'absolute', 0.2, [-0.7394035, -0.0, 0.0, -1.540773]],
    [1 / 1024, 'relative', 0.01, [-0.001493028, -0.0002811495, 0.0, -0.002282319]],
    [1 / 1024, 'relative', 0.2, [-0.0003528861, -0.0, 0.0, -0.001133566]],
    [1 / 1024, 'absolute', 0.01, [0.0, 0.0, 0.0, 0.0]],
    [1 / 1024, 'absolute', 0.2, [0.0, 0.0, 0.0, 0.0]],
  ])('on scores times %d takes its %s penalty of %d', async (scale, penalty, alpha, expected) => {
    const params = { preset: 'captum', n_samples: 16, penalty, alpha };
    await expectValues(await perceptron(scale), { ...request, params }, { x: expected });
  });

  it('takes the absolute penalty under the preset captum, and the relative one by default', async () => {
    const model = await perceptron(1 / 1024);
    await expectValues(model, { ...request, params: { preset: 'captum', n_samples: 16 } }, { x: [0, 0, 0, 0] });
    const expected = [-0.001493028, -0.0002811495, 0.0, -0.002282319];
    await expectValues(model, { ...request, params: { n_samples: 16, feature_mask: 'none' } }, { x: expected });
  });
});
