/** Methods that follow the gradient along a path: each is a choice of points and of what becomes of the gradients there. */
import * as z from 'zod';
import {
  type Attribution,
  type ExplainContext,
  type Method,
  type NamedNeeds,
  type Needs,
  namedNeeds,
} from '../../method/contract.ts';
import { defineMethod } from '../../method/define.ts';
import {
  type FamilyDefinition,
  familyParams,
  membersOf,
  type OwnParams,
  type RowContext,
  rowContext,
} from '../../method/family.ts';
import type { ModelInfo } from '../../model/info.ts';
import type { Nodes } from '../../tensor/gauss-legendre.ts';
import type { Float32Tensors } from '../../tensor/rows.ts';
import { float32 } from '../../tensor/tensor.ts';
import { baselineParameter } from '../baseline.ts';
import { precisionParameter } from '../precision.ts';
import { finishValues, valueParameters } from '../reduction.ts';
import { baselinesOf, differenceOf, timesDifference } from './differences.ts';
import { integrateGradients, onLine } from './path.ts';
import { embeddings, lookupCost, needsOfSources, sourceValues, withSources } from './sources.ts';

/** Points of a path, 0 being the baseline and 1 the input, and what the pilot has seen. */
export interface PathPoints {
  readonly positions: readonly number[];
  /** Scores at even points from the baseline to the input, both included; none without a pilot. */
  readonly scores: Float32Array;
}

/** Path whose gradients are folded. */
export interface WalkedPath<T = unknown> extends PathPoints {
  /** Result of `prepare`; undefined without it. */
  readonly prepared: T;
}

interface Definition<E extends z.ZodRawShape> extends FamilyDefinition<E> {
  /** Points on the line by default; 32 when left out. */
  readonly steps?: number;
}

/** Parameters that the parts of a path method get. */
type PathParams<E extends z.ZodRawShape> = OwnParams<E> & { readonly n_steps: number };

/**
 * Definition of a path method: its description, the points on the line, and what becomes of the gradients there. With
 * `nodes`, the attribution is the weighted mean of the gradients times input minus baseline; with `fold`, any function of
 * the gradients.
 */
export type PathDefinition<E extends z.ZodRawShape, T = unknown> = Definition<E> &
  (
    | {
        /** Points on the line, 0 being the baseline and 1 the input, and their weights. */
        readonly nodes: (params: PathParams<E>) => Nodes;
      }
    | {
        /**
         * Scores that are looked at before the points are chosen: at so many even points from the baseline to the input,
         * both included, without gradients. 0 when left out.
         */
        readonly pilot?: number | ((params: PathParams<E>) => number);
        /**
         * Position of point `index` of `count` on the line. The midpoint rule when left out.
         * @param scores those of the pilot, from the baseline's to the input's
         */
        readonly at?: (index: number, count: number, scores: Float32Array, params: PathParams<E>) => number;
        /** Computes once for each row what the fold of every element shares, such as a weight for each point. */
        readonly prepare?: (path: PathPoints, row: RowContext<PathParams<E>>) => T | Promise<T>;
        /**
         * One element's attribution, from its gradients at the points in order.
         * @param difference input minus baseline of this element
         * @param path positions of the points, the scores of the pilot, and the result of `prepare`
         */
        readonly fold: (
          gradients: Float32Array,
          difference: number,
          params: PathParams<E>,
          path: WalkedPath<T>,
        ) => number;
      }
  );

/** Points on the path where the definition names no number. */
const DEFAULT_STEPS = 32;
/** With fewer, the sum may be right by chance. */
const MIN_STEPS = 8;

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
export function definePathMethod<E extends z.ZodRawShape = Record<never, never>, T = undefined>(
  definition: PathDefinition<E, T>,
): Method;
export function definePathMethod(definition: PathDefinition<z.ZodRawShape>): Method {
  return 'nodes' in definition ? defineIntegral(definition) : defineFold(definition);
}

function defineFold(definition: Extract<PathDefinition<z.ZodRawShape>, { fold: unknown }>): Method {
  const { params: extra, steps = DEFAULT_STEPS, at = midpoint, prepare, fold, pilot = 0 } = definition;
  const pilotOf = typeof pilot === 'number' ? () => pilot : pilot;
  return defineMethod({
    ...membersOf(definition),
    strategy: 'gradient',
    params: familyParams(extra, (own) => ({
      n_steps: z.int().min(1).max(1000).default(steps).describe('Points on the path.'),
      baseline: baselineParameter,
      ...valueParameters(),
      ...own,
    })),
    needs: (params, model) =>
      pilotOf(params) > 0 ? withPilot(model) : needsOfSources(model, { gradients: 'sources' }),
    cost: (params, model, _, given) => ({
      forwards: lookupCost(model, given) + pilotOf(params),
      backwards: params.n_steps,
    }),
    explain: async (ctx) => {
      const { params } = ctx;
      const { n_steps } = params;
      const to = await sourceValues(ctx);
      const from = await baselinesOf(ctx, to, params.baseline);
      const scores = await pilotScores(ctx, from, to, pilotOf(params));
      const positions = Array.from({ length: n_steps }, (_, i) => at(i, n_steps, scores, params));
      const path = { positions, scores, prepared: await prepare?.({ positions, scores }, rowContext(ctx)) };
      const { gradients } = await ctx.evaluate(withSources(ctx.inputs, onLine(from, to, positions)));
      const values: Float32Tensors = Object.fromEntries(
        Object.entries(to).map(([name, { dims, data }]) => {
          const rows = gradients[name]?.data as Float32Array;
          const start = from[name]?.data as Float32Array;
          const own = new Float32Array(n_steps);
          const folded = data.map((value, i) => {
            for (let row = 0; row < n_steps; row++) own[row] = rows[row * data.length + i] as number;
            return fold(own, value - (start[i] as number), params, path);
          });
          return [name, float32(dims, folded)];
        }),
      );
      return { values: finishValues(values, params, ctx.model) };
    },
  }) as Method;
}

/** Needs of a path whose points follow the scores: these are found without gradients. */
function withPilot(model: ModelInfo): NamedNeeds {
  const feeds = embeddings(model).map(({ name }) => name);
  const { sources, main = sources, ...others } = namedNeeds(needsOfSources(model, { gradients: 'sources' }));
  return { graphs: { sources: main as Needs, pilot: { feeds }, ...others } };
}

/** Scores at even points of the line. */
async function pilotScores(
  ctx: ExplainContext<unknown>,
  from: Float32Tensors,
  to: Float32Tensors,
  count: number,
): Promise<Float32Array> {
  if (count === 0) return new Float32Array();
  const alphas = Array.from({ length: count }, (_, i) => (count === 1 ? 1 : i / (count - 1)));
  return (await ctx.evaluate(withSources(ctx.inputs, onLine(from, to, alphas)), { graph: 'pilot' })).scores;
}

function defineIntegral(definition: Extract<PathDefinition<z.ZodRawShape>, { nodes: unknown }>): Method {
  const { params: extra, steps = DEFAULT_STEPS, nodes } = definition;
  return defineMethod({
    ...membersOf(definition),
    strategy: 'gradient',
    readsScore: true,
    params: familyParams(extra, (own) => ({
      n_steps: z
        .int()
        .min(1)
        .max(1000)
        .default(steps)
        .describe('Points on the path; more make the sum of the values more exact.'),
      ...own,
      baseline: baselineParameter,
      multiply_by_inputs: z
        .boolean()
        .default(true)
        .describe('Multiplies with input minus baseline; without it, the mean gradient.'),
      precision: precisionParameter('what the values miss of the difference between the scores, as a share of it'),
      ...valueParameters(),
    })),
    needs: (_, model) => needsOfSources(model, { gradients: 'sources' }),
    cost: ({ n_steps }, model, _, given) => ({ forwards: lookupCost(model, given), backwards: n_steps + 1 }),
    explain: async (ctx) => {
      const { baseline, multiply_by_inputs, precision } = ctx.params;
      const to = await sourceValues(ctx);
      const from = await baselinesOf(ctx, to, baseline);
      const { scores } = await ctx.evaluate(withSources(ctx.inputs, from));
      const baselineScore = scores[0] as number;
      const whole = ctx.score - baselineScore;
      const difference = differenceOf(from, to);
      const attribution = (means: Float32Tensors): Attribution => {
        const { values, sum } = timesDifference(means, from, to);
        return {
          values: finishValues(multiply_by_inputs ? values : means, ctx.params, ctx.model),
          baselineScore,
          convergenceDelta: sum - whole,
        };
      };
      const means = await integrateGradients(ctx, from, to, nodes(ctx.params), {
        partial: (gradients) => {
          ctx.partial(() => {
            const standardError = gradients.standardError(multiply_by_inputs ? difference : undefined);
            return { ...attribution(gradients.values), ...(standardError !== undefined && { standardError }) };
          });
        },
        ...(precision > 0 && {
          enough: (gradients) =>
            gradients.count >= MIN_STEPS && Math.abs(gradients.dot(difference) - whole) <= precision * Math.abs(whole),
        }),
      });
      return attribution(means);
    },
  }) as Method;
}
