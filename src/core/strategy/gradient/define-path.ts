/** Methods that follow the gradient along a path: each is a choice of points and of what becomes of the gradients there. */
import * as z from 'zod';
import { type About, API_VERSION, type Method } from '../../method/contract.ts';
import { defineMethod } from '../../method/define.ts';
import type { Float32Tensors } from '../../tensor/rows.ts';
import { float32 } from '../../tensor/tensor.ts';
import { baselineParameter } from '../baseline.ts';
import { absoluteParameter, finishValues, reductionParameter } from '../reduction.ts';
import { baselinesOf } from './differences.ts';
import { onLine } from './path.ts';
import { lookupCost, needsOfSources, sourceValues, withSources } from './sources.ts';

/** Definition of a path method: its description, the points on the line, and the fold of the gradients there. */
export interface PathDefinition<E extends z.ZodRawShape> {
  readonly id: string;
  readonly revision: number;
  readonly about: About;
  /** Parameters besides `n_steps` and `baseline`. */
  readonly params?: E;
  /** Points on the line by default; 32 when left out. */
  readonly steps?: number;
  /** Position of point `index` of `count` on the line: 0 is the baseline, 1 the input. The midpoint rule when left out. */
  readonly at?: (index: number, count: number) => number;
  /**
   * One element's attribution, from its gradients at the points in order.
   * @param difference input minus baseline of this element
   */
  readonly fold: (gradients: Float32Array, difference: number, params: z.output<z.ZodObject<E>>) => number;
}

const midpoint = (index: number, count: number): number => (index + 0.5) / count;

/**
 * Defines a gradient method over the straight line from a baseline to the input; in embedding space for token models.
 *
 * @example
 * import { definePathMethod } from 'whylight/plugin';
 * export default definePathMethod({
 *   id: 'largest_slope', revision: 1, about,
 *   fold: (gradients, difference) => Math.max(...gradients) * difference,
 * });
 * @see https://arxiv.org/abs/1703.01365
 */
export function definePathMethod<E extends z.ZodRawShape = Record<never, never>>(definition: PathDefinition<E>): Method;
export function definePathMethod(definition: PathDefinition<z.ZodRawShape>): Method {
  const { id, revision, about, params: extra, steps = 32, at = midpoint, fold } = definition;
  return defineMethod({
    id,
    revision,
    about,
    apiVersion: API_VERSION,
    strategy: 'gradient',
    params: z.object({
      n_steps: z.int().min(1).max(1000).default(steps).describe('Points on the path.'),
      baseline: baselineParameter,
      absolute: absoluteParameter(false),
      reduction: reductionParameter,
      ...extra,
    }),
    needs: (_, model) => needsOfSources(model, { gradients: 'sources' }),
    cost: ({ n_steps }, model, _, given) => ({ forwards: lookupCost(model, given), backwards: n_steps }),
    explain: async (ctx) => {
      const { params } = ctx;
      const { n_steps } = params;
      const to = await sourceValues(ctx);
      const from = await baselinesOf(ctx, to, params.baseline);
      const alphas = Array.from({ length: n_steps }, (_, i) => at(i, n_steps));
      const { gradients } = await ctx.evaluate(withSources(ctx.inputs, onLine(from, to, alphas)));
      const values: Float32Tensors = Object.fromEntries(
        Object.entries(to).map(([name, { dims, data }]) => {
          const rows = gradients[name]?.data as Float32Array;
          const start = from[name]?.data as Float32Array;
          const own = new Float32Array(n_steps);
          const folded = data.map((value, i) => {
            for (let row = 0; row < n_steps; row++) own[row] = rows[row * data.length + i] as number;
            return fold(own, value - (start[i] as number), params);
          });
          return [name, float32(dims, folded)];
        }),
      );
      return { values: finishValues(values, params, ctx.model) };
    },
  }) as Method;
}
