/** DeepLIFT's multipliers times the differences of the inputs add up to the difference of the outputs, operator by operator. */
import { describe, expect, it } from 'vitest';
import { COTANGENT, compile, gradientName } from '../../../src/core/autodiff/compile.ts';
import { baselineName } from '../../../src/core/autodiff/reference.ts';
import type { RuleCase } from '../../../src/core/autodiff/rule.ts';
import { gradientRules } from '../../../src/core/autodiff/rules/index.ts';
import { deeplift } from '../../../src/core/autodiff/rulesets/deeplift.ts';
import { float } from '../../../src/core/onnx/attributes.ts';
import { GraphBuilder, type Value } from '../../../src/core/onnx/builder.ts';
import type { Graph } from '../../../src/core/onnx/graph.ts';
import { Random } from '../../../src/core/tensor/random.ts';
import { float32, type Tensor, tensor } from '../../../src/core/tensor/tensor.ts';
import { open } from '../../support/engine.ts';
import { buildCase } from '../../support/gradient-check.ts';

/** Operators that multiply by their derivative although they are not linear: what they lose, completeness loses. */
const INCOMPLETE = new Set([
  ...['ScatterElements', 'ScatterND', 'TopK', 'Mod', 'LpPool', 'GlobalLpPool', 'BatchNormalization'],
  ...['MeanVarianceNormalization', 'ReduceProd', 'Det'],
]);

const rules = gradientRules.filter(({ op, surrogate }) => !surrogate && !INCOMPLETE.has(op));
const numbers = (t: Tensor | undefined): number[] => Array.from(t?.data as Float32Array);

/** Another point of the case's domain: means of its own values. */
function baselineOf(x: Tensor): Tensor {
  const values = numbers(x);
  const [a, b] = [23, 29].map((seed) => new Random(seed).permutation(values.length)) as [Uint32Array, Uint32Array];
  return tensor(
    'float32',
    x.dims,
    values.map((_, i) => ((values[a[i] as number] as number) + (values[b[i] as number] as number)) / 2),
  );
}

async function completeness(op: string, domain: string | undefined, ruleCase: RuleCase) {
  const { graph, feeds, wrt, outputs } = buildCase({ op, ...(domain !== undefined && { domain }) }, ruleCase);
  const [output] = outputs as [string];
  const base = Object.fromEntries(
    Object.entries(feeds).map(([name, x]) => [name, wrt.includes(name) ? baselineOf(x) : x]),
  );
  const forward = await open(compile(graph, { scores: output }));
  const backward = await open(compile(graph, { scores: output, gradients: wrt, ruleset: deeplift }));
  const [y, y0] = [(await forward(feeds))[output] as Tensor, (await forward(base))[output] as Tensor];
  const cotangent = tensor('float32', y.dims, new Random(7).normal(y.data.length));
  const baselines = Object.fromEntries(Object.entries(base).map(([name, x]) => [baselineName(name), x]));
  const found = await backward({ ...feeds, ...baselines, [COTANGENT]: cotangent });
  await Promise.all([forward.release(), backward.release()]);
  const changes = numbers(y).map((v, i) => (cotangent.data[i] as number) * (v - (numbers(y0)[i] as number)));
  const parts = wrt.flatMap((name) => {
    const [x, x0, m] = [feeds[name], base[name], found[gradientName(name)]].map(numbers) as [
      number[],
      number[],
      number[],
    ];
    return m.map((value, i) => value * ((x[i] as number) - (x0[i] as number)));
  });
  const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);
  return {
    lost: Math.abs(sum(changes) - sum(parts)),
    scale: Math.max(1e-3, sum(changes.map(Math.abs)), sum(parts.map(Math.abs))),
  };
}

describe.each(rules.map((rule) => ({ name: rule.domain ? `${rule.domain}:${rule.op}` : rule.op, rule })))(
  '$name',
  ({ rule: { op, domain, cases } }) => {
    // Of products, those of two factors; of RoiAlign, means: the maximum is handed the derivative.
    const tried = cases.filter(
      ({ inputs, attributes }) =>
        (op !== 'Einsum' || inputs.length <= 2) && (op !== 'RoiAlign' || attributes?.mode !== 'max'),
    );
    it.each(tried.map((ruleCase, i) => ({ i, ruleCase })))('is complete in case $i', async ({ ruleCase }) => {
      const { lost, scale } = await completeness(op, domain, ruleCase);
      expect(lost / scale).toBeLessThan(2e-4);
    });
  },
);

describe('DeepLIFT through steps and choices that differ between the passes', () => {
  const from = (build: (g: GraphBuilder, x: Value) => Value): Graph => {
    const g = GraphBuilder.empty();
    return g.build([g.named(build(g, g.input('x', 'float32', ['N', 6])), 'y')]);
  };
  const x = float32([1, 6], [1.2, -0.7, 0.4, 2.3, -1.6, 0.3]);
  const baseline = float32([1, 6], [-0.5, 0.9, 0.1, 1.1, 0.8, -2.4]);

  const multipliers = async (graph: Graph) => {
    const run = await open(compile(graph, { scores: 'y', gradients: ['x'], ruleset: deeplift }));
    const forward = await open(compile(graph, { scores: 'y' }));
    const ones = float32([1, 6], [1, 1, 1, 1, 1, 1]);
    const found = numbers((await run({ x, [baselineName('x')]: baseline, [COTANGENT]: ones }))[gradientName('x')]);
    const [y, y0] = [await forward({ x }), await forward({ x: baseline })].map(({ y }) => numbers(y));
    await Promise.all([run.release(), forward.release()]);
    return { found, differences: (y as number[]).map((v, i) => v - ((y0 as number[])[i] as number)) };
  };

  it.each<[string, (g: GraphBuilder, x: Value) => Value]>([
    ['the root with its sign', (g, x) => g.mul(g.op('Sign', [x]), g.op('Sqrt', [g.op('Abs', [x])]))],
    ['rounding', (g, x) => g.add(g.op('Round', [x]), g.op('Floor', [g.mul(x, x)]))],
    ['a leaky slope as a choice', (g, x) => g.where(g.op('Greater', [x, g.scalar(0)]), x, g.mul(x, g.scalar(0.1)))],
    ['a fill', (g, x) => g.where(g.op('Less', [x, g.scalar(-0.5)]), g.scalar(3), x)],
  ])('is complete at each position for %s', async (_, build) => {
    const { found, differences } = await multipliers(from(build));
    for (const [i, difference] of differences.entries())
      expect((found[i] as number) * ((x.data[i] as number) - (baseline.data[i] as number))).toBeCloseTo(difference, 5);
  });

  it('gives a leaky slope the multipliers of LeakyRelu', async () => {
    const choice = from((g, x) => g.where(g.op('Greater', [x, g.scalar(0)]), x, g.mul(x, g.scalar(0.1))));
    const own = from((g, x) => g.op('LeakyRelu', [x], { alpha: float(0.1) }));
    const [a, b] = [await multipliers(choice), await multipliers(own)];
    for (const [i, value] of b.found.entries()) expect(a.found[i]).toBeCloseTo(value, 5);
  });
});
