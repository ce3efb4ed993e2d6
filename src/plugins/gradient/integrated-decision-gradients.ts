import * as z from 'zod';
import { choice } from '../../core/method/choice.ts';
import { defineMethod } from '../../core/method/define.ts';
import { arxiv } from '../../core/method/papers.ts';
import { baselineParameter } from '../../core/strategy/baseline.ts';
import { baselinesOf, differenceOf, timesDifference } from '../../core/strategy/gradient/differences.ts';
import { type Buffers, onLine } from '../../core/strategy/gradient/path.ts';
import { quadrature, quadratureParameter } from '../../core/strategy/gradient/quadrature.ts';
import { lookupCost, needsOfSources, sourceValues, withSources } from '../../core/strategy/gradient/sources.ts';
import { inPortions } from '../../core/strategy/inner-method/progress.ts';
import { absoluteParameter, finishValues, reductionParameter } from '../../core/strategy/reduction.ts';
import type { Float32Tensors } from '../../core/tensor/rows.ts';
import { float32, type Tensor } from '../../core/tensor/tensor.ts';

/** Integrated Gradients in which each gradient counts as much as the score rises there. */
export default defineMethod({
  apiVersion: 1,
  id: 'integrated_decision_gradients',
  strategy: 'gradient',
  revision: 1,
  about: {
    title: 'Integrated Decision Gradients',
    summary:
      'Integrated Gradients with more weight where the score changes on the path: where the model decides, not where it is saturated.',
    paper: arxiv(
      '2305.20052',
      2023,
      'Integrated Decision Gradients: Compute Your Attributions Where the Model Makes Its Decision',
    ),
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
    axioms: ['symmetry', 'dummy'],
  },
  params: z.object({
    n_steps: z.int().min(1).max(1000).default(50).describe('Points on the path.'),
    quadrature: quadratureParameter,
    slope: choice(
      ['derivative', 'difference'],
      'derivative',
      "How the rise of the score at a point is found. derivative: the gradient times input minus baseline; difference: that of the score since the point before, over the way between them, 0 at the first, as in the authors' code.",
    ),
    baseline: baselineParameter,
    absolute: absoluteParameter(false),
    reduction: reductionParameter,
  }),
  needs: (_, model) => needsOfSources(model, { gradients: 'sources' }),
  cost: ({ n_steps }, model, _, given) => ({ forwards: lookupCost(model, given), backwards: n_steps }),
  explain: async (ctx) => {
    const { n_steps, quadrature: rule, baseline, slope } = ctx.params;
    const to = await sourceValues(ctx);
    const from = await baselinesOf(ctx, to, baseline);
    const difference = differenceOf(from, to);
    const { alphas, weights } = quadrature(rule, n_steps);
    const buffers: readonly Buffers[] = [{}, {}];
    const sums = Object.fromEntries(
      Object.entries(to).map(([name, { data }]) => [name, new Float64Array(data.length)] as const),
    );
    let before: { readonly score: number; readonly alpha: number } | undefined;
    await inPortions(
      ctx,
      n_steps,
      ({ first, count, slot }) => {
        const positions = Array.from(alphas.subarray(first, first + count));
        return withSources(ctx.inputs, onLine(from, to, positions, buffers[slot]));
      },
      ({ gradients, scores }, { first }) => {
        for (const [row, score] of scores.entries()) {
          const alpha = alphas[first + row] as number;
          const rise =
            slope === 'derivative'
              ? along(gradients, row, sums, difference)
              : before
                ? (score - before.score) / (alpha - before.alpha)
                : 0;
          before = { score, alpha };
          addScaled(gradients, row, sums, rise * (weights[first + row] as number));
        }
      },
    );
    const means: Float32Tensors = Object.fromEntries(
      Object.entries(to).map(([name, { dims }]) => [name, float32(dims, sums[name] as Float64Array)]),
    );
    const { values } = timesDifference(means, from, to);
    return { values: finishValues(values, ctx.params, ctx.model) };
  },
});

type Sums = Readonly<Record<string, Float64Array>>;

/** The elements of row `row` of the gradients of one source. */
const rowOf = (gradients: Float32Tensors, name: string, row: number, size: number): Float32Array =>
  (gradients[name] as Tensor<'float32'>).data.subarray(row * size, (row + 1) * size);

/** Derivative of the score along the path: the gradients times the way from the baseline to the input, added up. */
function along(
  gradients: Float32Tensors,
  row: number,
  sums: Sums,
  difference: ReturnType<typeof differenceOf>,
): number {
  let sum = 0;
  for (const [name, { length }] of Object.entries(sums)) {
    const way = difference(name);
    const own = rowOf(gradients, name, row, length);
    for (let i = 0; i < length; i++) sum += (own[i] as number) * way(i);
  }
  return sum;
}

function addScaled(gradients: Float32Tensors, row: number, sums: Sums, factor: number): void {
  for (const [name, values] of Object.entries(sums)) {
    const own = rowOf(gradients, name, row, values.length);
    for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) + factor * (own[i] as number);
  }
}
