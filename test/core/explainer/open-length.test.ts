/** Recurrent layers over a length that only the request settles: their gradient is unrolled for the length that is sent. */
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import type { Dim } from '../../../src/core/onnx/graph.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import saliency from '../../../src/plugins/gradient/saliency.ts';
import { openGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';

const wave = (length: number) => Array.from({ length }, (_, i) => Math.sin(i + 1) / 2);

/** A GRU over the second axis of `x` [N, steps, 2]. */
function recurrent(steps: Dim) {
  const g = GraphBuilder.empty('recurrent');
  const x = g.input('x', 'float32', ['N', steps, 2]);
  const w = g.constant('float32', [1, 9, 2], wave(18));
  const r = g.constant('float32', [1, 9, 3], wave(27));
  const [, last] = g.ops('GRU', [g.transpose(x, [1, 0, 2]), w, r], { hidden_size: 3 }, 2);
  return g.build([g.named(g.op('Squeeze', [last, g.ints([0])]), 'logits')]);
}

const request = (steps: number) => ({
  method: 'saliency',
  target: 1,
  params: { absolute: false, reduction: 'none' },
  inputs: { x: float32([2, steps, 2], wave(steps * 4)) },
});

describe('a gradient through a recurrent layer of open length', () => {
  it('is that of the same layer with the length of the request, for one length after another', async () => {
    const explainer = explainerOf([saliency]);
    const open = await openGraph(recurrent('steps'));
    for (const steps of [3, 5, 3]) {
      const fixed = await openGraph(recurrent(steps));
      const [own, expected] = [
        await explainer.explain(open, request(steps)),
        await explainer.explain(fixed, request(steps)),
      ];
      expect(own.rows.map(({ values }) => values.x)).toEqual(expected.rows.map(({ values }) => values.x));
    }
  });
});
