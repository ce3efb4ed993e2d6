/** Parts of families that a definition brings: parameters in both forms, work for each row, and the end of a fold. */
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { Method } from '../../../src/core/method/contract.ts';
import { parseParams } from '../../../src/core/method/params.ts';
import { defineCam } from '../../../src/core/strategy/activation/cam.ts';
import { definePathMethod } from '../../../src/core/strategy/gradient/define-path.ts';
import { defineFeatureMethod } from '../../../src/core/strategy/perturbation/define-features.ts';
import { definePerturbation } from '../../../src/core/strategy/perturbation/define-perturbation.ts';
import { defineSinglePass } from '../../../src/core/strategy/single-pass.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { imageGraph, imageTensor, openGraph, vector, vectorGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';

const base = {
  id: 'trial',
  revision: 1,
  about: {
    title: 'Trial',
    summary: 'For tests.',
    properties: { signed: true, complete: false, deterministic: false, classDiscriminative: true },
  },
} as const;
const shape = { power: z.number().min(0).default(2).describe('Exponent.') };
const schema = z.object(shape);
const PRODUCT = { mask: (weights: Float32Array) => void weights.fill(0.5), fold: () => {} };

/** A method of each family with the shape, and with the zod object. */
const FAMILIES: readonly [family: string, ofShape: Method, ofSchema: Method][] = [
  [
    'definePerturbation',
    definePerturbation({ ...base, ...PRODUCT, params: shape }),
    definePerturbation({ ...base, ...PRODUCT, params: schema }),
  ],
  [
    'definePathMethod with fold',
    definePathMethod({ ...base, fold: (g, d, { power }) => ((g[0] as number) * d) ** power, params: shape }),
    definePathMethod({ ...base, fold: (g, d, { power }) => ((g[0] as number) * d) ** power, params: schema }),
  ],
  [
    'definePathMethod with nodes',
    definePathMethod({
      ...base,
      nodes: ({ power }) => ({ alphas: Float64Array.of(0.5), weights: Float64Array.of(power) }),
      params: shape,
    }),
    definePathMethod({
      ...base,
      nodes: ({ power }) => ({ alphas: Float64Array.of(0.5), weights: Float64Array.of(power) }),
      params: schema,
    }),
  ],
  [
    'defineCam',
    defineCam({ ...base, map: ({ positions }, { power }) => new Float32Array(positions).fill(power), params: shape }),
    defineCam({ ...base, map: ({ positions }, { power }) => new Float32Array(positions).fill(power), params: schema }),
  ],
  [
    'defineSinglePass',
    defineSinglePass({
      ...base,
      strategy: 'gradient',
      needs: ({ power }) => ({ gradients: [`${power}`] }),
      params: shape,
    }),
    defineSinglePass({
      ...base,
      strategy: 'gradient',
      needs: ({ power }) => ({ gradients: [`${power}`] }),
      params: schema,
    }),
  ],
  [
    'defineFeatureMethod',
    defineFeatureMethod({ ...base, ...features(), params: shape }),
    defineFeatureMethod({ ...base, ...features(), params: schema }),
  ],
];

function features() {
  return {
    mask: { mask: 'none', grid: 1, segments: 1 },
    cost: (_: number, { power }: { readonly power: number }) => power,
    explain: async () => ({ values: {} }),
  } as const;
}

describe('parameters of a family', () => {
  it.each(FAMILIES)('are a shape or a zod object in %s', (_, ofShape, ofSchema) => {
    expect(Object.keys(ofSchema.params.shape)).toEqual(Object.keys(ofShape.params.shape));
    expect(parseParams(ofSchema)).toEqual(parseParams(ofShape));
    expect(() => parseParams(ofSchema, { power: -1 })).toThrow('Parameter "power" of trial must be');
  });

  it('replace those of the family that have the same name', () => {
    const params = z.object({ reduction: z.enum(['none', 'loudest']).default('loudest').describe('Reduction.') });
    for (const method of [
      definePerturbation({ ...base, ...PRODUCT, params }),
      definePathMethod({ ...base, fold: () => 0, params }),
      definePathMethod({
        ...base,
        nodes: () => ({ alphas: Float64Array.of(), weights: Float64Array.of() }),
        params,
      }),
      defineSinglePass({ ...base, strategy: 'gradient', needs: () => ({}), params }),
      defineFeatureMethod({
        ...base,
        mask: { mask: 'none', grid: 1, segments: 1 },
        cost: () => 0,
        explain: async () => ({ values: {} }),
        params,
      }),
    ]) {
      expect(parseParams(method)).toMatchObject({ reduction: 'loudest' });
    }
  });

  it('keep the refinements of a zod object', () => {
    const even = schema.refine(({ power }) => power % 2 === 0, { message: 'power must be even', path: ['power'] });
    const method = definePerturbation({ ...base, ...PRODUCT, params: even });
    expect(parseParams(method, { power: 4 })).toMatchObject({ power: 4 });
    expect(() => parseParams(method, { power: 3 })).toThrow('power');
  });
});

describe('definePerturbation', () => {
  it('prepares once for each row what masks, fold and finish share, with the shape of the positions', async () => {
    const seen: unknown[] = [];
    const method = definePerturbation({
      ...base,
      samples: 3,
      prepare: ({ grids, inputs }) => {
        seen.push(grids, inputs.image?.dims);
        return { covered: new Float64Array(64) };
      },
      mask: (weights, { index, grids }) => {
        const [grid] = grids;
        weights.fill(0).fill(1, 0, (grid?.shape[1] as number) * (index + 1));
      },
      fold: (values, { index, weights, prepared }) => {
        for (const [i, weight] of weights.entries()) {
          values[i] = (values[i] as number) + weight * (index + 1);
          prepared.covered[i] = (prepared.covered[i] as number) + weight;
        }
      },
      finish: (values, { prepared }) => {
        for (const [i, count] of prepared.covered.entries()) values[i] = count > 0 ? (values[i] as number) / count : 0;
      },
    });
    const { rows } = await explainerOf([method]).explain(await openGraph(imageGraph()), {
      method: 'trial',
      inputs: { image: imageTensor(1, 2) },
      params: { reduction: 'mean' },
    });
    const grid = { input: 'image', first: 0, shape: [8, 8], channelAxis: 0 };
    expect(seen).toEqual([[grid], [1, 3, 8, 8], [grid], [1, 3, 8, 8]]);
    // Rows of positions that 3, 2, 1 and no masks keep, of the numbers 1, 2 and 3.
    const firsts = [0, 8, 16, 24].map((i) => rows[1]?.values.image?.data[i]);
    expect(firsts).toEqual([2, 2.5, 3, 0]);
  });
});

describe('definePathMethod', () => {
  it('takes the number of points that the pilot looks at, and their place, from parameters', async () => {
    const found: number[][] = [];
    const method = definePathMethod({
      ...base,
      params: z.object({
        looks: z.int().min(0).default(0).describe('Points of the pilot.'),
        at: z.number().default(0.25).describe('Position of every point.'),
      }),
      steps: 2,
      pilot: ({ looks }) => looks,
      at: (index, count, scores, params) => {
        found.push([index, count, scores.length]);
        return params.at;
      },
      prepare: async ({ positions, scores }, { params }) => ({ sum: positions[0], looked: scores.length, params }),
      fold: (_, __, ___, { prepared }) => (prepared.sum as number) + prepared.looked + prepared.params.n_steps,
    });
    const explainer = explainerOf([method]);
    const model = await openGraph(vectorGraph());
    const run = async (params: Record<string, unknown>) => {
      const { rows, samples } = await explainer.explain(model, { method: 'trial', inputs: { x: vector() }, params });
      return { values: [...(rows[0]?.values.x?.data ?? [])], samples };
    };
    expect(await run({})).toMatchObject({ values: Array(5).fill(2.25), samples: { backwards: 2 } });
    const { values, samples } = await run({ looks: 4, at: 0.5 });
    expect(values).toEqual(Array(5).fill(6.5));
    expect(samples.backwards).toBe(2);
    expect(found.slice(-2)).toEqual([
      [0, 2, 4],
      [1, 2, 4],
    ]);
  });

  it('loads what setup brings, and hands it to prepare', async () => {
    const method = definePathMethod({
      ...base,
      steps: 1,
      setup: async () => ({ data: 7 }),
      prepare: (_, { data }) => data as number,
      fold: (_, __, ___, { prepared }) => prepared,
    });
    const { rows } = await explainerOf([method]).explain(await openGraph(vectorGraph()), {
      method: 'trial',
      inputs: { x: float32([1, 5], [1, 2, 3, 4, 5]) },
    });
    expect([...(rows[0]?.values.x?.data ?? [])]).toEqual(Array(5).fill(7));
  });
});
