/** Methods over features: groups of elements that are present or absent together. Each is a choice of coalitions. */
import type { z } from 'zod';
import type { Attribution, ExplainContext, Method } from '../../method/contract.ts';
import { defineMethod } from '../../method/define.ts';
import { type FamilyDefinition, familyParams, membersOf, type OwnParams } from '../../method/family.ts';
import { type Float32Tensors, type Inputs, rowOf, rowsOf } from '../../tensor/rows.ts';
import { type Baseline, baselineParameter } from '../baseline.ts';
import { absoluteParameter, finishValues, type Reduction, reductionParameter } from '../reduction.ts';
import { uncertaintyOf } from '../uncertainty.ts';
import {
  type FeatureMaskDefaults,
  type FeatureMaskParams,
  featureCount,
  featureMask,
  featureMaskParameters,
  spreadFeatures,
} from './feature-mask.ts';
import { absentInputs, absentScore, type Mixtures, scoreMixtures } from './mixtures.ts';

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
  /**
   * Spreads one standard error per feature like {@link spread}.
   * @returns nothing where they are not known
   */
  uncertainty(errors: ArrayLike<number> | undefined): Pick<Attribution, 'uncertainty'>;
  /** Returns the target's score with every feature absent, its mean over several baselines. */
  absentScore(): Promise<number>;
  /** Sentence about the baselines, where the values are means over several. */
  readonly source: Pick<Attribution, 'text'>;
  /** Feature of each element of a row, by name of the input; `features` for elements of none, which are never absent. */
  readonly ids: Readonly<Record<string, Uint32Array>>;
}

/** Background rows of a model that methods with many coalitions take: each coalition is evaluated with each of them. */
export const MODEL_ROWS = 16;

/** Content of the text that methods with several baselines return. */
const BACKGROUND_TEXT = 'how many background rows absent features took their values from, where there are several';

/** Sentence about background rows of this number, as every method words it. */
const backgroundSentence = (rows: number): Pick<Attribution, 'text'> =>
  rows > 1 ? { text: `Absent features took the values of ${rows} background rows.` } : {};

/** Definition of a method over features: its description, its cost and its coalitions. */
export interface FeatureDefinition<E extends z.ZodRawShape> extends FamilyDefinition<E> {
  /** Defaults of `feature_mask`, `grid` and `segments`. */
  readonly mask: FeatureMaskDefaults;
  /** False for a method that takes absent values from elsewhere: it has no parameter `baseline`. */
  readonly baseline?: false;
  /**
   * Tells that scores are means over the baselines of the request, of which there may be several. A number takes so many
   * background rows of the model as well, where the request has no baselines.
   */
  readonly background?: true | number;
  /** Returns the number of rows that `explain` evaluates, from the number of features. */
  readonly cost: (features: number, params: OwnParams<E>) => number;
  /** Explains one row by the scores of coalitions. */
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
  const { about, params: extra, mask, baseline = true, background = false, cost, explain } = definition;
  return defineMethod({
    ...membersOf(definition),
    ...(background && { returns: { ...definition.returns, text: BACKGROUND_TEXT } }),
    ...(typeof background === 'number' && { background }),
    strategy: 'perturbation',
    params: familyParams(extra, (own) => ({
      ...own,
      ...featureMaskParameters(mask),
      ...(baseline && { baseline: baselineParameter }),
      ...(about.properties.signed && { absolute: absoluteParameter(false) }),
      reduction: reductionParameter,
    })),
    needs: () => (baseline ? { mixtures: true } : {}),
    cost: (params, model, _, given) => {
      const rows = background ? Math.max(1, given.baselines) : 1;
      return { forwards: rows * cost(featureCount(model, params as FeatureParams, mask.mask), params), backwards: 0 };
    },
    explain: (ctx) => explain(ctx, runOf(ctx as ExplainContext<FeatureParams>, mask.mask, background !== false)),
  }) as Method;
}

function runOf(
  ctx: ExplainContext<FeatureParams>,
  usual: FeatureMaskDefaults['mask'],
  background: boolean,
): FeatureRun {
  const { model, params, inputs, baselines } = ctx;
  const { baseline, absolute = false, reduction } = params;
  const mask = featureMask(model, params, inputs, usual);
  const absentOf = (given: Inputs): Inputs =>
    baseline === undefined ? inputs : absentInputs({ model, inputs, baselines: given, params: { baseline } });
  const count = background ? Math.max(1, ...Object.values(baselines).map(rowsOf)) : 1;
  const rows = Array.from({ length: count }, (_, i) => absentOf(count === 1 ? baselines : rowOf(baselines, i)));
  const absent = rows[0] as Inputs;
  const score: FeatureRun['score'] = (count, weigh, fold, other) =>
    rows.length > 1 && other === undefined
      ? scoreMeans(ctx, { count, mask, weigh }, rows, fold)
      : scoreMixtures(ctx, { count, mask, absent: other ?? absent, weigh }, fold);
  return {
    features: mask.features,
    ids: mask.ids,
    absent,
    score,
    source: backgroundSentence(rows.length),
    async absentScore() {
      if (rows.length === 1) return absentScore(ctx, absent);
      let mean = Number.NaN;
      await score(
        1,
        (_, weights) => weights.fill(0),
        (_, one) => {
          mean = one;
        },
      );
      return mean;
    },
    spread: (values) => finishValues(spreadFeatures(mask, values, model), { absolute, reduction }, model),
    uncertainty: (errors) =>
      uncertaintyOf({ params: { uncertainty: true, reduction }, model }, errors && spreadFeatures(mask, errors, model)),
  };
}

/** Mean scores of mixtures over several rows of absent values (an interventional expectation). */
function scoreMeans(
  ctx: ExplainContext<FeatureParams>,
  { count, mask, weigh }: Omit<Mixtures, 'absent'>,
  rows: readonly Inputs[],
  fold: (index: number, score: number, weights: Float32Array) => unknown,
): Promise<void> {
  let sum = 0;
  const mixtures: Mixtures = {
    count: count * rows.length,
    mask,
    absent: (index) => rows[index % rows.length] as Inputs,
    weigh: (index, weights) => weigh(Math.floor(index / rows.length), weights),
  };
  return scoreMixtures(ctx, mixtures, (index, score, weights) => {
    sum = index % rows.length === 0 ? score : sum + score;
    const last = index % rows.length === rows.length - 1;
    return last && fold(Math.floor(index / rows.length), sum / rows.length, weights);
  });
}
