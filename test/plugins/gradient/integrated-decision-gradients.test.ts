import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import decisionGradients from '../../../src/plugins/gradient/integrated-decision-gradients.ts';
import { openGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';
import { testMethod } from '../../support/contract-suite.ts';

testMethod(decisionGradients, { params: { slope: 'difference' } });

/** y = min(x0 + 2 x1, limit). */
function clipped(limit: number) {
  const g = GraphBuilder.empty();
  const sum = g.op('MatMul', [g.input('x', 'float32', ['N', 2]), g.constant('float32', [2, 1], [1, 2])]);
  return openGraph(g.build([g.named(g.sub(g.scalar(limit), g.op('Relu', [g.sub(g.scalar(limit), sum)])), 'y')]));
}

async function values(limit: number, params: Readonly<Record<string, unknown>>): Promise<number[]> {
  const { rows } = await explainerOf([decisionGradients]).explain(await clipped(limit), {
    method: 'integrated_decision_gradients',
    params: { baseline: 0, ...params },
    inputs: { x: float32([1, 2], [3, 1]) },
  });
  return [...(rows[0]?.values.x?.data ?? [])];
}

describe('integrated_decision_gradients', () => {
  it('multiplies the values of Integrated Gradients by the rise of the score on a linear path', async () => {
    const found = await values(100, {});
    for (const [i, expected] of [3 * 5, 2 * 5].entries()) expect(found[i]).toBeCloseTo(expected, 4);
  });

  it('counts no gradient where the score no longer rises', async () => {
    // The score reaches 2 at 40 % of the path: of 10 midpoints, 4 lie before.
    const found = await values(2, { n_steps: 10, quadrature: 'riemann_middle' });
    for (const [i, expected] of [0.4 * 3 * 5, 0.4 * 2 * 5].entries()) expect(found[i]).toBeCloseTo(expected, 4);
  });

  it('takes the rise of the score since the point before with slope=difference, 0 at the first', async () => {
    const found = await values(100, { slope: 'difference', n_steps: 5, quadrature: 'uniform' });
    for (const [i, expected] of [0.8 * 3 * 5, 0.8 * 2 * 5].entries()) expect(found[i]).toBeCloseTo(expected, 4);
  });
});
