/** Deep feature factorisation: a layer that is a sum of two concepts by construction. */
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { factorise } from '../../../src/core/strategy/activation/factorise.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import dff from '../../../src/plugins/activation/dff.ts';
import { openGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';

const explainer = explainerOf([dff]);

/** Two channels over 1 x 4 places: class 0 adds up the first channel, class 1 the second. */
async function explain(params: Readonly<Record<string, unknown>>, target = 0, seed = 0) {
  const g = GraphBuilder.empty();
  const layer = g.named(g.op('Relu', [g.input('image', 'float32', ['N', 2, 1, 4])]), 'layer');
  const model = await openGraph(g.build([g.named(g.reduce('ReduceSum', layer, [2, 3], false), 'y')]));
  const { rows } = await explainer.explain(model, {
    method: 'dff',
    target,
    seed,
    params: { target_layer: 'layer', n_components: 2, ...params },
    inputs: { image: float32([1, 2, 1, 4], [4, 2, 0, 0, 0, 0, 1, 3]) },
  });
  return rows[0]?.values.layer;
}

const rounded = (data: Float32Array | undefined): number[] =>
  Array.from(data ?? [], (x) => Math.round(x * 1000) / 1000);

describe('dff', () => {
  it('finds the concept that the target needs, and where it lies', async () => {
    expect(rounded((await explain({}, 0))?.data)).toEqual([1, 0.5, 0, 0]);
    expect(rounded((await explain({}, 1))?.data)).toEqual([0, 0, 0.333, 1]);
  });

  it('gives the channels of a concept with returns=concept', async () => {
    const concept = await explain({ returns: 'concept' }, 1);
    expect(concept?.dims).toEqual([1, 2, 1, 1]);
    expect(rounded(concept?.data)).toEqual([0, 1]);
  });

  it('gives each concept by its number', async () => {
    const maps = [rounded((await explain({ component: 0 }))?.data), rounded((await explain({ component: 1 }))?.data)];
    expect(maps.sort((a, b) => (a[0] as number) - (b[0] as number))).toEqual([
      [0, 0, 0.333, 1],
      [1, 0.5, 0, 0],
    ]);
  });

  it('refuses a component beyond the last', async () => {
    await expect(explain({ component: 2 })).rejects.toMatchObject({ code: 'invalid_request' });
  });
});

describe('factorise', () => {
  it('never raises the squared error', () => {
    const values = Float64Array.from({ length: 30 }, (_, i) => (i * 7) % 11);
    const start = {
      maps: Float64Array.from({ length: 20 }, (_, i) => 1 + (i % 3)),
      concepts: Float64Array.from({ length: 6 }, (_, i) => 1 + (i % 4)),
    };
    const errors = [0, 1, 2, 5, 20, 100].map((rounds) => {
      const { maps, concepts } = factorise(values, 2, start, rounds);
      return values.reduce((sum, value, i) => {
        const [p, c] = [Math.floor(i / 3), i % 3];
        const shown = [0, 1].reduce((all, k) => all + (maps[p * 2 + k] as number) * (concepts[k * 3 + c] as number), 0);
        return sum + (value - shown) ** 2;
      }, 0);
    });
    expect(errors).toEqual(errors.toSorted((a, b) => b - a));
    expect(errors.at(-1)).toBeLessThan((errors[0] as number) / 2);
  });
});
