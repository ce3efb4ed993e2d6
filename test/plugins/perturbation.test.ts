/** Tests of the perturbation methods on models whose answers can be worked out by hand. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plugins } from '#plugins';
import type { ExplainedRow } from '../../src/core/explainer/explanation.ts';
import type { ExplainRequest } from '../../src/core/explainer/request.ts';
import type { Model } from '../../src/core/model/model.ts';
import { GraphBuilder, type Value } from '../../src/core/onnx/builder.ts';
import { Random } from '../../src/core/tensor/random.ts';
import { float32 } from '../../src/core/tensor/tensor.ts';
import { openGraph, vector, vectorGraph } from '../../src/testing/models.ts';
import { explainerOf } from '../support/classifiers.ts';

const explainer = explainerOf(plugins.map(({ method }) => method));

async function explain(model: Model, request: ExplainRequest): Promise<ExplainedRow & { readonly x: number[] }> {
  const [row] = (await explainer.explain(model, request)).rows;
  return { ...(row as ExplainedRow), x: [...(row?.values.x?.data ?? [])] };
}

const row = (...data: number[]) => float32([1, data.length], data);
const ones = (count: number) => row(...Array<number>(count).fill(1));
const elements = { feature_mask: 'none' };

/** A score of `count` numbers, written with a node for each of them. */
function formula(count: number, write: (g: GraphBuilder, x: readonly Value[]) => Value): Promise<Model> {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', count]);
  const parts = Array.from({ length: count }, (_, i) =>
    g.op('MatMul', [
      x,
      g.constant(
        'float32',
        [count, 1],
        Array.from({ length: count }, (_, j) => Number(i === j)),
      ),
    ]),
  );
  return openGraph(g.build([g.named(write(g, parts), 'y')]));
}

const linear = (slopes: readonly number[], constant = 0): Promise<Model> =>
  formula(slopes.length, (g, x) =>
    x.reduce((sum, each, i) => g.add(sum, g.mul(each, g.scalar(slopes[i] as number))), g.scalar(constant)),
  );

/** v = 4 ab + 5 c + 3 abc, and d plays no part: the Shapley values are 4/2 + 3/3 for a and b, 5 + 3/3 for c, 0 for d. */
const game = (): Promise<Model> =>
  formula(4, (g, [a, b, c, d]) => {
    const both = g.mul(a as Value, b as Value);
    const sum = g.add(g.mul(both, g.scalar(4)), g.mul(c as Value, g.scalar(5)));
    return g.add(g.add(sum, g.mul(g.mul(both, c as Value), g.scalar(3))), g.mul(d as Value, g.scalar(0)));
  });
const GAME_VALUES = [3, 3, 6, 0];

describe('Shapley value methods', () => {
  it.each([
    ['shapley_exact', {}],
    ['kernel_shap', { n_samples: 15 }],
    ['kernel_shap', { n_samples: 4096 }],
  ])('%s satisfies efficiency, symmetry and the null player axiom in a small game', async (method, params) => {
    const { x, score, baselineScore, convergenceDelta } = await explain(await game(), {
      method,
      params: { ...elements, ...params },
      inputs: { x: ones(4) },
    });
    for (const [i, value] of GAME_VALUES.entries()) expect(x[i]).toBeCloseTo(value, 5);
    expect([score, baselineScore]).toEqual([12, 0]);
    expect(convergenceDelta).toBeCloseTo(0, 6);
  });

  it('kernel_shap is exact when its budget covers all coalitions', async () => {
    const model = await openGraph(vectorGraph());
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 1000 }),
        fc.integer({ min: 31, max: 200 }),
        fc.integer({ min: 0, max: 2 }),
        async (seed, n_samples, target) => {
          const request = { target, seed, inputs: { x: vector(seed) } };
          const exact = await explain(model, { method: 'shapley_exact', params: elements, ...request });
          const kernel = await explain(model, {
            method: 'kernel_shap',
            params: { ...elements, n_samples },
            ...request,
          });
          for (const [i, value] of exact.x.entries()) expect(kernel.x[i]).toBeCloseTo(value, 4);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('kernel_shap with a smaller budget is exact for additive models, and always sums to the difference', async () => {
    const slopes = Array.from(new Random(4).normal(12));
    const additive = await explain(await linear(slopes, 3), {
      method: 'kernel_shap',
      params: { ...elements, n_samples: 100 },
      inputs: { x: ones(12) },
    });
    for (const [i, slope] of slopes.entries()) expect(additive.x[i]).toBeCloseTo(slope, 4);
    const some = await explain(await openGraph(vectorGraph()), {
      method: 'kernel_shap',
      params: { ...elements, n_samples: 9 },
      inputs: { x: vector() },
    });
    expect(some.x.reduce((a, b) => a + b, 0)).toBeCloseTo(some.score - (some.baselineScore as number), 4);
  });

  it('shapley_sampling sums to the difference, and is accurate to its standard error', async () => {
    const { x, standardError, convergenceDelta } = await explain(await game(), {
      method: 'shapley_sampling',
      params: { ...elements, n_samples: 2000 },
      inputs: { x: ones(4) },
    });
    const off = Math.hypot(...x.map((value, i) => value - (GAME_VALUES[i] as number))) / 2;
    expect(standardError).toBeGreaterThan(0);
    expect(off).toBeLessThan(3 * (standardError as number));
    expect(convergenceDelta).toBeCloseTo(0, 5);
  });

  it('features are groups when a feature mask is given', async () => {
    const { x } = await explain(await game(), {
      method: 'shapley_exact',
      params: { feature_mask: [7, 7, 2, 2] },
      inputs: { x: ones(4) },
    });
    // ab and cd as two players: 4 + 3/2 and 5 + 3/2.
    for (const [i, value] of [5.5, 5.5, 6.5, 6.5].entries()) expect(x[i]).toBeCloseTo(value, 5);
  });
});

describe('lime', () => {
  it.each(['least_squares', 'ridge', 'lasso'])(
    'finds the coefficients of a linear model with %s',
    async (surrogate) => {
      const { x } = await explain(await linear([2, -1, 0.5, 0], 7), {
        method: 'lime',
        params: { ...elements, surrogate, alpha: 1e-6, baseline: -1 },
        inputs: { x: row(1, 2, 3, 4) },
      });
      for (const [i, value] of [4, -3, 2, 0].entries()) expect(x[i]).toBeCloseTo(value, 3);
    },
  );

  it('keeps only the most important features with a stronger lasso', async () => {
    const { x } = await explain(await linear([5, 0.1, 0.1]), {
      method: 'lime',
      params: { ...elements, alpha: 0.05 },
      inputs: { x: ones(3) },
    });
    expect(x[0]).toBeGreaterThan(4);
    expect(x.slice(1)).toEqual([0, 0]);
  });

  it('gives a model of small scores the same selection, scaled', async () => {
    const params = { ...elements, alpha: 0.1 };
    const [large, small] = await Promise.all(
      [1, 1e-4].map(async (unit) =>
        explain(await linear([5 * unit, 2 * unit, 0.1 * unit]), { method: 'lime', params, inputs: { x: ones(3) } }),
      ),
    );
    expect(small?.x[1]).toBeGreaterThan(0);
    for (const [i, value] of large?.x.entries() ?? []) expect((small?.x[i] as number) * 1e4).toBeCloseTo(value, 3);
  });

  it('says that an absolute penalty is the reason for zeros', async () => {
    const model = await linear([5e-4, 2e-4, 1e-4]);
    const params = { ...elements, penalty: 'absolute' };
    const { diagnostics } = await explain(model, { method: 'lime', params, inputs: { x: ones(3) } });
    expect(diagnostics.warnings[0]?.message).toContain('Lower alpha');
  });
});

describe('sobol', () => {
  /** sin a + 7 sin^2 b + 0.1 c^4 sin a on [-pi, pi]^3; its total indices are known in closed form. */
  it('gives the total indices of the Ishigami function', async () => {
    const model = await formula(3, (g, [a, b, c]) => {
      const [sinA, sinB] = [g.op('Sin', [a as Value]), g.op('Sin', [b as Value])];
      const square = g.mul(c as Value, c as Value);
      const third = g.mul(g.mul(g.mul(square, square), sinA), g.scalar(0.1));
      return g.add(g.add(sinA, g.mul(g.mul(sinB, sinB), g.scalar(7))), third);
    });
    const means = [0, 0, 0];
    for (const seed of [1, 2, 3, 4]) {
      const { x } = await explain(model, {
        method: 'sobol',
        params: { ...elements, nb_design: 2048, baseline: -Math.PI },
        seed,
        inputs: { x: row(Math.PI, Math.PI, Math.PI) },
      });
      for (const [i, value] of x.entries()) means[i] = (means[i] as number) + value / 4;
    }
    // One run is off by 0.02, as a rule.
    for (const [i, total] of [0.5576, 0.4424, 0.2437].entries()) {
      expect(Math.abs((means[i] as number) - total)).toBeLessThan(0.03);
    }
  });

  /** prod (|4 x_i - 2| + a_i) / (1 + a_i): V_i = 1 / (3 (1 + a_i)^2), total_i = V_i prod_{j != i} (1 + V_j) / V. */
  it('gives the total indices of the g-function', async () => {
    const a = [0, 1, 4.5, 9];
    const model = await formula(4, (g, x) =>
      x
        .map((each, i) => {
          const distance = g.op('Abs', [g.sub(g.mul(each, g.scalar(4)), g.scalar(2))]);
          return g.mul(g.add(distance, g.scalar(a[i] as number)), g.scalar(1 / (1 + (a[i] as number))));
        })
        .reduce((product, factor) => g.mul(product, factor)),
    );
    const variances = a.map((each) => 1 / (3 * (1 + each) ** 2));
    const whole = variances.reduce((product, v) => product * (1 + v), 1);
    const { x } = await explain(model, {
      method: 'sobol',
      params: { ...elements, nb_design: 2048 },
      inputs: { x: ones(4) },
    });
    for (const [i, v] of variances.entries()) {
      const total = (v * whole) / (1 + v) / (whole - 1);
      expect(Math.abs((x[i] as number) - total)).toBeLessThan(0.02);
    }
  });
});

describe('hsic', () => {
  // Half of the N scores are 1, half 0: the trace is N / 4 (1 - exp(-1 / (2 width^2))).
  it.each([
    ['median', 0.5],
    ['median_distance', 1],
  ])('has its analytic value for a score equal to one feature, with bandwidth %s', async (bandwidth, width) => {
    const { x } = await explain(await linear([1, 0, 0]), {
      method: 'hsic',
      params: { ...elements, nb_design: 64, bandwidth },
      inputs: { x: ones(3) },
    });
    expect(x[0]).toBeCloseTo(16 * (1 - Math.exp(-1 / (2 * width ** 2))), 4);
    expect(Math.max(...x.slice(1))).toBeLessThan(2);
  });

  it('detects a dependence without an effect on the mean', async () => {
    // Whether a and b are both there or both away: neither alone says anything, but each with c does not either.
    const { x } = await explain(await formula(2, (g, [a, b]) => g.mul(g.sub(a as Value, g.scalar(0.5)), b as Value)), {
      method: 'hsic',
      params: { ...elements, nb_design: 256, bandwidth: 'median_distance' },
      inputs: { x: ones(2) },
    });
    expect(Math.min(...x)).toBeGreaterThan(2);
  });
});

describe('rise', () => {
  const slopes = [3, -2, 1, 0];
  const all = slopes.reduce((a, b) => a + b, 0);
  // A mask keeps each number or not, independently: the mean score of those that keep number i is c_i + p sum of the others.
  it.each([
    ['coverage', 0.5, slopes.map((c) => c + 0.5 * (all - c))],
    ['expected', 0.25, slopes.map((c) => c + 0.25 * (all - c))],
    ['centered', 0.25, slopes.map((c) => 0.75 * c)],
  ])(
    'has its analytic value for a linear model with normalisation %s',
    async (normalization, probability, expected) => {
      const { x } = await explain(await linear(slopes), {
        method: 'rise',
        params: { n_masks: 20_000, probability, normalization },
        inputs: { x: ones(4) },
      });
      for (const [i, value] of expected.entries()) expect(Math.abs((x[i] as number) - value)).toBeLessThan(0.1);
    },
  );
});

describe('feature_permutation', () => {
  it('takes values from other examples of the request', async () => {
    const model = await linear([1, 10, 100]);
    const inputs = { x: float32([2, 3], [1, 1, 1, 3, 4, 5]) };
    const { x } = await explain(model, {
      method: 'feature_permutation',
      params: { ...elements, n_repeats: 1000 },
      inputs,
    });
    // One of two times it is the other example.
    for (const [i, drop] of [-1, -15, -200].entries()) expect((x[i] as number) / drop).toBeCloseTo(1, 0);
  });
});

describe('meaningful_perturbation', () => {
  it('finds a planted region', async () => {
    const size = 32;
    const inside = (i: number): boolean =>
      i % size >= 20 && i % size < 28 && Math.floor(i / size) >= 4 && i < 12 * size;
    const planted = Array.from({ length: size * size }, (_, i) => (inside(i) ? 1 / 64 : 0));
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', ['N', 1, size, size]);
    const kernel = g.constant('float32', [1, 1, size, size], planted);
    const model = await openGraph(g.build([g.named(g.reduce('ReduceSum', g.mul(x, kernel), [1, 2, 3], false), 'y')]));
    const { x: map } = await explain(model, {
      method: 'meaningful_perturbation',
      params: { baseline: 0 },
      target: 'sum',
      inputs: {
        x: float32([1, 1, size, size], new Random(2).uniform(size * size)),
      },
    });
    const mass = (keep: (i: number) => boolean) => map.reduce((sum, value, i) => sum + (keep(i) ? value : 0), 0);
    expect(mass(inside) / 64).toBeGreaterThan(0.8);
    expect(mass((i) => !inside(i)) / (size * size - 64)).toBeLessThan(0.08);
  });
});

describe('partial maps and early stopping', () => {
  /** Answer to a request, with its partial maps and the rows it took. */
  async function watch(params: object, { method, maxBatch = 32 }: { method: string; maxBatch?: number }) {
    const inputs = { x: vector(3) };
    const partials: (readonly number[])[] = [];
    const model = await openGraph(vectorGraph());
    const own = explainerOf(
      plugins.map((plugin) => plugin.method),
      { maxBatch },
    );
    const answer = await own.explain(
      model,
      { method, params: { ...params }, inputs, target: 1 },
      { partial: (_, { values }) => partials.push([...(values.x?.data ?? [])]) },
    );
    const [one] = answer.rows;
    return { partials, x: [...(one?.values.x?.data ?? [])], error: one?.standardError, rows: answer.samples.forwards };
  }

  const far = (a: readonly number[], b: readonly number[]): number =>
    Math.hypot(...a.map((value, i) => value - (b[i] as number))) / Math.sqrt(a.length);

  it.each([
    ['rise', { n_masks: 4000 }, { n_masks: 100_000 }, 0.2],
    ['shapley_sampling', { ...elements, n_samples: 800 }, { ...elements, n_samples: 10_000 }, 0.05],
    ['kernel_shap', { ...elements, n_samples: 25 }, { ...elements, n_samples: 40 }, 0.3],
  ])(
    '%s converges, reports its error, and stops at the precision for any batch',
    async (method, params, many, precision) => {
      const [whole, truth] = [await watch(params, { method }), await watch(many, { method })];
      expect(whole.partials.length).toBeGreaterThan(2);
      expect(far(whole.x, truth.x)).toBeLessThan(4 * (whole.error as number));
      expect(whole.error).toBeGreaterThan(0);
      const [early, single] = [
        await watch({ ...params, precision }, { method }),
        await watch({ ...params, precision }, { method, maxBatch: 1 }),
      ];
      expect(single.rows).toBeLessThan(whole.rows);
      expect(early.rows).toBeLessThanOrEqual(whole.rows);
      expect(far(early.x, single.x)).toBeLessThan(1e-5);
      expect(early.error).toBeGreaterThan(whole.error as number);
    },
  );

  it('kernel_shap has an error of 0 after all coalitions', async () => {
    expect((await watch({ ...elements, n_samples: 40 }, { method: 'kernel_shap' })).error).toBe(0);
  });

  it.each(['mean', 'sum'])('occlusion refines its map from coarse to fine (%s)', async (aggregation) => {
    const side = 32;
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', ['N', 1, side, side]);
    const weights = Array.from({ length: side * side }, (_, i) =>
      Math.exp(-(((i % side) - 11) ** 2 + (Math.floor(i / side) - 19) ** 2) / 60),
    );
    const kernel = g.constant('float32', [1, 1, side, side], weights);
    const model = await openGraph(g.build([g.named(g.reduce('ReduceSum', g.mul(x, kernel), [1, 2, 3], false), 'y')]));
    const inputs = { x: float32([1, 1, side, side], Array<number>(side * side).fill(1)) };
    const params = { sliding_window_shape: [4], strides: [2], aggregation };
    const partials: Float32Array[] = [];
    const run = async (more: object) =>
      explainer.explain(
        model,
        { method: 'occlusion', params: { ...params, ...more }, inputs, target: 0 },
        { partial: (_, { values }) => partials.push(values.x?.data as Float32Array) },
      );
    const exact = await run({});
    const map = exact.rows[0]?.values.x?.data as Float32Array;
    // Strides of 8, 4 and 2 between windows; the last is the answer.
    expect(partials).toHaveLength(3);
    const errors = partials.map((partial) => far([...partial], [...map]));
    expect(errors[1]).toBeLessThan(errors[0] as number);
    expect(errors[2]).toBeLessThan(errors[1] as number);
    const early = await run({ precision: 0.5 });
    expect(early.samples.forwards).toBeLessThanOrEqual(exact.samples.forwards);
    expect(far([...(early.rows[0]?.values.x?.data ?? [])], [...map])).toBeLessThan(
      far([...map], map.map(() => 0) as never),
    );
  });
});
