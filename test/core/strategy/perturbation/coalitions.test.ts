import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../../src/core/onnx/builder.ts';
import { checkCoalitions, checkFeatures } from '../../../../src/core/strategy/perturbation/coalitions.ts';
import { float32 } from '../../../../src/core/tensor/tensor.ts';
import kernelShap from '../../../../src/plugins/perturbation/kernel-shap.ts';
import { openGraph } from '../../../../src/testing/models.ts';
import { explainerOf } from '../../../support/classifiers.ts';

const refused = (parameter: string) =>
  expect.objectContaining({
    code: 'invalid_request',
    details: { issues: [expect.objectContaining({ parameter })] },
  });

describe('checkFeatures', () => {
  it('refuses a regression whose matrix would stop the process', () => {
    expect(checkFeatures('kernel_shap', 1024)).toBe(1024);
    expect(() => checkFeatures('kernel_shap', 1025)).toThrow(refused('feature_mask'));
  });
});

describe('checkCoalitions', () => {
  it('refuses more coalitions than fit into memory, and says how many do', () => {
    expect(checkCoalitions('kernel_shap', 1024, 100_000)).toBe(100_000);
    expect(() => checkCoalitions('kernel_shap', 1024, 200_000)).toThrow(refused('n_samples'));
    expect(() => checkCoalitions('kernel_shap', 1024, 200_000)).toThrow('at most 131072 with 1024 features');
  });
});

describe('kernel_shap', () => {
  it('refuses a long vector before anything runs, with the way out', async () => {
    const g = GraphBuilder.empty('long');
    const x = g.input('x', 'float32', ['N', 1600]);
    const model = await openGraph(
      g.build([g.named(g.op('MatMul', [x, g.constant('float32', [1600, 2], Array(3200).fill(0.01))]), 'scores')]),
    );
    const request = { method: 'kernel_shap', target: 0, inputs: { x: float32([1, 1600]) } };
    expect(() => explainerOf([kernelShap]).plan(model, request)).toThrow('takes at most 1024 features, here are 1600');
  });
});
