/** Maps of pytorch-grad-cam 1.5.5 in float64, before it scales them, on transformers of few patches. */
import { describe, it } from 'vitest';
import { expectValues } from '../../support/convention-maps.ts';
import { fractionRow } from '../../support/convention-nets.ts';
import { patchNet } from '../../support/patch-net.ts';

describe('grad_cam on the tokens of a small transformer', () => {
  it.each([
    [2, 2, 1, [0.0, 0.0, 0.01266895, 0.2631187]],
    [2, 2, 2, [0.01360476, 0.0, 0.0, 0.0]],
    [2, 2, 0, [0.1492685, 0.2784352, 0.0, 0.2126277]],
    [2, 3, 1, [0.0, 0.02976548, 0.04429168, 0.0, 0.0, 0.0]],
    [3, 3, 1, [0.002639674, 0.0, 0.005653983, 0.01266941, 0.0, 0.05697912, 0.0, 0.02652858, 0.02815793]],
    [1, 3, 1, [0.01691372, 0.0, 0.1907923]],
    [2, 2, 5, [0.007350471, 0.03265538, 0.0, 0.05965139]],
  ])('finds %d x %d patches behind %d other tokens', async (rows, columns, extra, expected) => {
    const request = {
      method: 'grad_cam',
      params: { preset: 'pytorch_grad_cam', target_layer: 'norm1' },
      inputs: { image: fractionRow(53, [2, 2 * rows, 2 * columns], 2) },
      target: 1,
    };
    await expectValues(await patchNet(rows, columns, extra), request, {
      norm1: [...Array(extra).fill(0), ...expected],
    });
  });
});
