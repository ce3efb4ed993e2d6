/** Squeeze without axes keeps the batch, also when there is one row. */
import { describe, expect, it } from 'vitest';
import { COTANGENT, compile, gradientName } from '../../../../src/core/autodiff/compile.ts';
import { GraphBuilder } from '../../../../src/core/onnx/builder.ts';
import { simplify } from '../../../../src/core/onnx/simplify.ts';
import { float32 } from '../../../../src/core/tensor/tensor.ts';
import { open } from '../../../support/engine.ts';

/** y = squeeze(mean over height and width of x), scaled, and what the mean is called. */
function pooled() {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 3, 2, 2]);
  const mean = g.op('Squeeze', [g.op('GlobalAveragePool', [x])]);
  const [features, scores] = [g.named(mean, 'features'), g.named(g.mul(mean, g.number(2, mean)), 'y')];
  return g.build([features, scores]);
}

describe('Squeeze without axes', () => {
  it.each([1, 2])('gives %i rows of scores and of the gradient', async (batch) => {
    const graph = compile(pooled(), { scores: 'y', gradients: ['x'], activations: ['features'] });
    const run = await open(graph);
    const results = await run({
      x: float32([batch, 3, 2, 2], new Float32Array(12 * batch).fill(1)),
      [COTANGENT]: float32([batch, 3], new Float32Array(3 * batch).fill(1)),
    });
    expect(results.y).toEqual(float32([batch, 3], new Float32Array(3 * batch).fill(2)));
    expect(results.features?.dims).toEqual([batch, 3]);
    expect(results[gradientName('x')]).toEqual(float32([batch, 3, 2, 2], new Float32Array(12 * batch).fill(0.5)));
    await run.release();
  });

  it('is removed when it drops no dim', async () => {
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', ['N', 3]);
    const run = await open(simplify(g.build([g.named(g.op('Squeeze', [x]), 'y')])));
    expect((await run({ x: float32([1, 3], [1, 2, 3]) })).y?.dims).toEqual([1, 3]);
    await run.release();
  });

  it('is kept when a dim depends on the data', () => {
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', ['N', 3]);
    const places = g.op('Unsqueeze', [g.op('NonZero', [x]), g.ints([0])]);
    const y = g.op('Squeeze', [g.op('Cast', [places], { to: 1 })]);
    expect(simplify(g.build([y])).nodes.find(({ op }) => op === 'Squeeze')?.inputs).toHaveLength(1);
  });
});
