/** Methods over features: groups of elements that are present or absent together. Each is a choice of coalitions. */
import * as z from 'zod';
import type { Attribution, ExplainContext, Method } from '../../method/contract.ts';
import { defineMethod } from '../../method/define.ts';
import { type FamilyDefinition, membersOf, type OwnParams } from '../../method/family.ts';
import type { Float32Tensors, Inputs } from '../../tensor/rows.ts';
import { type Baseline, baselineParameter } from '../baseline.ts';
import { absoluteParameter, finishValues, type Reduction, reductionParameter } from '../reduction.ts';
import {
  type FeatureMaskDefaults,
  type FeatureMaskParams,
  featureCount,
  featureMask,
  featureMaskParameters,
  spreadFeatures,
} from './feature-mask.ts';
import { absentInputs, type Mixtures, scoreMixtures } from './mixtures.ts';

/** Features of the explained row, and the model's scores of mixtures of them. */
export interface FeatureRun {
  /** Number of features. */
  readonly features: number;
  /** Inputs with every feature absent, by name; the inputs themselves for a method without `baseline`. */
  readonly absent: Inputs;
  /**
   * Scores `count` mixtures and tells `fold` each score in order, until it answers `true`.
   * @param weigh writes how much of each feature is there, 0 to 1; the weights are 1 before
   * @param absent values of absent features, for each mixture; the baseline when left out
   */
  score(
    count: number,
    weigh: Mixtures['weigh'],
    fold: (index: number, score: number, weights: Float32Array) => unknown,
    absent?: Mixtures['absent'],
  ): Promise<void>;
  /** Spreads one number per feature over its elements, and applies `absolute` and `reduction`. */
  spread(values: ArrayLike<number>): Float32Tensors;
  /** Feature of each element of a row, by name of the input. */
  readonly ids: Readonly<Record<string, Uint32Array>>;
}

/** Definition of a method over features: its description, its cost and its coalitions. */
export interface FeatureDefinition<E extends z.ZodRawShape> extends FamilyDefinition<E> {
  /** Defaults of `feature_mask`, `grid` and `segments`. */
  readonly mask: FeatureMaskDefaults;
  /** False for a method that takes absent values from elsewhere: it has no parameter `baseline`. */
  readonly baseline?: false;
  /** Returns the number of rows that `explain` evaluates, from the number of features. */
  readonly cost: (features: number, params: OwnParams<E>) => number;
  readonly explain: (ctx: ExplainContext<OwnParams<E>>, run: FeatureRun) => Promise<Attribution>;
}

type FeatureParams = OwnParams<z.ZodRawShape> &
  FeatureMaskParams & { readonly baseline?: Baseline; readonly absolute?: boolean; readonly reduction: Reduction };

/**
 * Defines a perturbation method over features: elements, cells of a grid, superpixels, or a mask of the request. A method
 * whose values are not signed has no parameter `absolute`.
 *
 * @example
 * import { defineFeatureMethod } from 'whylight/plugin';
 * export default defineFeatureMethod({
 *   id: 'keep_one', revision: 1, about,
 *   mask: { mask: 'grid', grid: 7, segments: 49 },
 *   cost: (features) => features,
 *   explain: async (_, run) => {
 *     const kept = new Float64Array(run.features);
 *     await run.score(run.features, (i, weights) => weights.fill(0).fill(1, i, i + 1), (i, score) => { kept[i] = score; });
 *     return { values: run.spread(kept) };
 *   },
 * });
 * @see https://arxiv.org/abs/1705.07874
 */
export function defineFeatureMethod<E extends z.ZodRawShape = Record<never, never>>(
  definition: FeatureDefinition<E>,
): Method;
export function defineFeatureMethod(definition: FeatureDefinition<z.ZodRawShape>): Method {
  const { about, params: extra, mask, baseline = true, cost, explain } = definition;
  return defineMethod({
    ...membersOf(definition),
    strategy: 'perturbation',
    params: z.object({
      ...extra,
      ...featureMaskParameters(mask),
      ...(baseline && { baseline: baselineParameter }),
      ...(about.properties.signed && { absolute: absoluteParameter(false) }),
      reduction: reductionParameter,
    }),
    needs: () => (baseline ? { mixtures: true } : {}),
    cost: (params, model) => ({ forwards: cost(featureCount(model, params as FeatureParams), params), backwards: 0 }),
    explain: (ctx) => explain(ctx, runOf(ctx as ExplainContext<FeatureParams>)),
  }) as Method;
}

function runOf(ctx: ExplainContext<FeatureParams>): FeatureRun {
  const { model, params, inputs, baselines } = ctx;
  const { baseline, absolute = false, reduction } = params;
  const mask = featureMask(model, params, inputs);
  const absent = baseline === undefined ? inputs : absentInputs({ model, inputs, baselines, params: { baseline } });
  return {
    features: mask.features,
    ids: mask.ids,
    absent,
    score: (count, weigh, fold, other = absent) => scoreMixtures(ctx, { count, mask, absent: other, weigh }, fold),
    spread: (values) => finishValues(spreadFeatures(mask, values, model), { absolute, reduction }, model),
  };
}
