import { describe, expect, it } from 'vitest';
import { plugins } from '#plugins';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { openGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';

const explainer = explainerOf(plugins.map(({ method }) => method));

/** Twice the factor times x in float16, named `large`, and what comes of it. */
function halves(factor: number, end: (g: GraphBuilder, large: ReturnType<GraphBuilder['scalar']>) => string) {
  const g = GraphBuilder.empty();
  const x = g.op('Cast', [g.input('x', 'float32', ['N', 2])], { to: 10 });
  const weights = g.constant('float16', [2, 2], [factor, 0, 0, 1]);
  const large = g.named(g.mul(g.op('MatMul', [x, weights]), g.constant('float16', [], [2])), 'large');
  const ended = g.op('Cast', [g.value(end(g, large))], { to: 1 });
  return openGraph(g.build([g.named(ended, 'y')]));
}

const clipped = (factor: number) =>
  halves(factor, (g, large) => g.op('Min', [large, g.constant('float16', [], [6])]).name);

describe('numbers that float16 cannot hold', () => {
  const request = { method: 'feature_ablation', inputs: { x: float32([1, 2], [3, 1]) }, target: 0, summary: true };

  it('are said where a later operator hides them', async () => {
    const { rows, samples } = await explainer.explain(await clipped(60_000), request);
    const [warning] = rows[0]?.diagnostics.warnings.filter(({ code }) => code === 'overflow') ?? [];
    expect(warning?.message).toContain('"large" goes beyond 65504');
    expect(rows[0]?.summary?.text).toContain('"large" goes beyond 65504');
    expect(samples.forwards).toBe(explainer.plan(await clipped(60_000), request).cost.forwards);
  });

  it('are not said of a model whose numbers fit', async () => {
    const { rows } = await explainer.explain(await clipped(1), request);
    expect(rows[0]?.diagnostics.warnings.filter(({ code }) => code === 'overflow')).toEqual([]);
  });

  it('are said of the scores themselves', async () => {
    const { rows } = await explainer.explain(await halves(60_000, (_, large) => large.name), request);
    expect(rows[0]?.diagnostics.warnings.map(({ code }) => code)).toContain('overflow');
  });

  it('are not looked for in a model of float32', async () => {
    const g = GraphBuilder.empty();
    const model = await openGraph(g.build([g.named(g.op('Relu', [g.input('x', 'float32', ['N', 2])]), 'y')]));
    const { rows, samples } = await explainer.explain(model, { ...request, inputs: { x: float32([1, 2], [1e9, 1]) } });
    expect(rows[0]?.diagnostics.warnings.filter(({ code }) => code === 'overflow')).toEqual([]);
    // The input, without each element, and without the strongest one for the summary.
    expect(samples.forwards).toBeLessThanOrEqual(4);
  });
});

it('the place of a division by zero is named', async () => {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 2]);
  const ratio = g.named(g.div(x, g.sub(x, x)), 'ratio');
  const model = await openGraph(g.build([g.named(g.op('Relu', [g.mul(ratio, g.scalar(3))]), 'y')]));
  const request = { method: 'occlusion', inputs: { x: float32([1, 2], [3, 1]) }, target: 0 };
  await expect(explainer.explain(model, request)).rejects.toMatchObject({
    message: expect.stringContaining('division by zero'),
    details: { tensor: expect.any(String) },
  });
});
