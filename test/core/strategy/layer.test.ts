import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { gradientLayer } from '../../../src/core/strategy/gradient-layer.ts';
import { targetLayer } from '../../../src/core/strategy/layer.ts';
import { openGraph } from '../../../src/testing/models.ts';

/** Layers one after the other, a mean over all places, and what comes out is the scores. */
async function chain(...operators: ('Conv' | 'Relu')[]) {
  const g = GraphBuilder.empty();
  const weights = g.constant('float32', [2, 2, 1, 1], [1, 2, 3, 4]);
  let value = g.input('image', 'float32', ['N', 2, 4, 4]);
  for (const op of operators) value = g.op(op, op === 'Conv' ? [value, weights] : [value]);
  const model = await openGraph(g.build([g.named(g.reduce('ReduceMean', value, [2, 3], false), 'y')]));
  return model.info();
}

describe('the default layer of a method that uses the gradient only', () => {
  it('is before a convolution with an activation behind it', async () => {
    const info = await chain('Conv', 'Relu', 'Conv', 'Relu');
    expect(targetLayer('auto', info).name).toBe('Relu_1_out');
    expect(gradientLayer('auto', info).name).toBe('Relu_out');
  });

  it('skips convolutions without an activation behind them', async () => {
    expect(gradientLayer('auto', await chain('Conv', 'Relu', 'Conv', 'Relu', 'Conv')).name).toBe('Relu_out');
  });

  it('is the last layer when there is no such convolution, or the named one', async () => {
    const info = await chain('Conv', 'Relu');
    expect(gradientLayer('auto', info).name).toBe('Relu_out');
    expect(gradientLayer('Conv_out', info).name).toBe('Conv_out');
  });
});
