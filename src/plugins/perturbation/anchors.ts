import * as z from 'zod';
import { WhylightError } from '../../core/errors.ts';
import type { ExplainContext } from '../../core/method/contract.ts';
import { defineMethod } from '../../core/method/define.ts';
import { doi } from '../../core/method/papers.ts';
import type { ModelInfo } from '../../core/model/info.ts';
import { baselineParameter } from '../../core/strategy/baseline.ts';
import { featureMask, featureMaskParameters, spreadFeatures } from '../../core/strategy/perturbation/feature-mask.ts';
import { absentInputs } from '../../core/strategy/perturbation/mixtures.ts';
import { scorePerturbed } from '../../core/strategy/perturbation/perturb.ts';
import { meanOfTally } from '../../core/strategy/rules/bernoulli-bounds.ts';
import { ConditionedRows, conditionsOf } from '../../core/strategy/rules/conditions.ts';
import { type FoundRule, findRule } from '../../core/strategy/rules/rule-search.ts';
import { type Inputs, rowsOf } from '../../core/tensor/rows.ts';

/** Rows that are drawn for a rule at once. */
const DRAW = 50;
const USUAL = 'superpixels';

const params = z.object({
  min_precision: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.95)
    .describe('Precision that the rule must have: how often it is right.'),
  delta: z.number().gt(0).lt(1).default(0.1).describe('Probability that the rule is less precise than it seems.'),
  tolerance: z.number().gt(0).lt(1).default(0.15).describe('Difference of precisions that does not matter.'),
  beam_size: z.int().min(1).max(20).default(4).describe('Rules of each length that are made longer.'),
  max_conditions: z.int().min(1).max(20).default(6).describe('Conditions that the rule may have at most.'),
  n_samples: z
    .int()
    .min(DRAW)
    .max(1_000_000)
    .default(5000)
    .describe(
      'Rows to evaluate at most; where they do not suffice, the best rule so far is given, and its text says so.',
    ),
  bins: z
    .int()
    .min(1)
    .max(20)
    .default(4)
    .describe('Intervals that numbers are cut into, at quantiles of the background rows; 1 takes equal values.'),
  keep: z
    .number()
    .min(0)
    .max(0.99)
    .default(0.5)
    .describe('How likely a feature outside of the rule stays, where one baseline stands for absence, as in a text.'),
  ...featureMaskParameters({ mask: USUAL, grid: 5, segments: 25 }),
  baseline: baselineParameter,
});

type Params = z.output<typeof params>;

/**
 * The shortest rule over features under which the model nearly always answers as it does here: with D(z | A) the rows in
 * which the conditions A hold, `E[1 if f(x) = f(z)] >= min_precision` over D(z | A) (equations 1 to 3 of the paper).
 */
export default defineMethod({
  apiVersion: 1,
  id: 'anchors',
  strategy: 'perturbation',
  revision: 2,
  background: true,
  about: {
    title: 'Anchors',
    summary:
      'A rule: if these features stay as they are, the model chooses the same class nearly always, whatever the others are.',
    paper: doi(
      '10.1609/aaai.v32i1.11491',
      2018,
      'Anchors: High-Precision Model-Agnostic Explanations',
      'equations 1 to 3',
    ),
    properties: { signed: true, complete: false, deterministic: false, classDiscriminative: true },
  },
  stopsEarly: true,
  returns: { text: 'the rule with its precision and coverage' },
  params,
  needs: (_, model) => {
    checkClasses(model);
    return { activations: [model.scores.name] };
  },
  cost: ({ n_samples }) => ({ forwards: n_samples, backwards: 0 }),
  explain: async (ctx) => {
    const mask = featureMask(ctx.model, ctx.params, ctx.inputs, USUAL);
    const background = backgroundOf(ctx);
    const { bins, keep, min_precision, delta, tolerance, beam_size, max_conditions, n_samples } = ctx.params;
    const conditions = conditionsOf(ctx.model, mask, { inputs: ctx.inputs, background, bins });
    const rows = new ConditionedRows(mask, conditions, background, keep);
    const right = answersAlike(ctx);
    let drawn = 0;
    const draw = async (kept: readonly number[]) => {
      const [first, count] = [drawn, Math.min(DRAW, n_samples - drawn)];
      drawn += count;
      let hits = 0;
      if (count > 0) {
        await scorePerturbed(
          right,
          count,
          ctx.model.inputs.map(({ name }) => name),
          (index, copy) => rows.write(copy, kept, ctx.random.at(first + index)),
          (_, score) => {
            hits += score;
          },
        );
      }
      return { hits, samples: count };
    };
    const search = { threshold: min_precision, delta, tolerance, beam: beam_size, most: max_conditions, draw };
    const found = await findRule({
      ...search,
      conditions: mask.features,
      coverageOf: (kept) => rows.coverage(kept),
    });
    const texts = conditions.all.map(({ text }) => text);
    return {
      values: spreadFeatures(mask, gainsOf(found, mask.features), ctx.model),
      text: sentenceOf(found, texts, ctx),
    };
  },
});

/** Rows that absent features are taken from: those of the request or the model where there are several, else one. */
const backgroundOf = (ctx: ExplainContext<Params>): Inputs =>
  Math.max(0, ...Object.values(ctx.baselines).map(rowsOf)) > 1
    ? { ...ctx.inputs, ...ctx.baselines }
    : absentInputs(ctx);

/** @throws WhylightError `unprocessable_method` where the model chooses no class */
function checkClasses({ scores, probability }: ModelInfo): void {
  const [classes] = scores.dims;
  const chooses = scores.dims.length === 1 && (classes !== 1 || probability !== undefined);
  if (chooses) return;
  throw new WhylightError(
    'unprocessable_method',
    `anchors asks how often the model chooses the same class, but "${scores.name}" [${scores.dims.join(', ')}] has no classes to choose from: use another method, such as kernel_shap.`,
    { method: 'anchors' },
  );
}

/** The context whose scores are 1 where the model chooses the target's class, and 0 elsewhere. */
function answersAlike(ctx: ExplainContext<Params>): ExplainContext<Params> {
  const [main, ...more] = ctx.target.weights;
  if (!main || more.length > 0) {
    const message = 'anchors explains the choice of one class: name a single class as target.';
    throw new WhylightError('invalid_request', message, { issues: [{ parameter: 'target', message }] });
  }
  const { name } = ctx.model.scores;
  const half = ctx.model.probability === 'given' ? 0.5 : 0;
  const isChosen = (scores: Float32Array): boolean => {
    if (scores.length > 1) return scores.every((score) => score <= (scores[main.index] as number));
    return (scores[0] as number) > half === ctx.score > half;
  };
  return {
    ...ctx,
    evaluate: async (rows, options) => {
      const evaluation = await ctx.evaluate(rows, options);
      const all = evaluation.activations[name]?.data as Float32Array;
      const size = all.length / evaluation.scores.length;
      const chosen = evaluation.scores.map((_, row) => Number(isChosen(all.subarray(row * size, (row + 1) * size))));
      return { ...evaluation, scores: chosen };
    },
  };
}

/** By how much each condition made the rule more precise when it was added; 0 for features outside of the rule. */
function gainsOf({ rule }: FoundRule, features: number): Float64Array {
  const gains = new Float64Array(features);
  for (const [i, condition] of rule.conditions.entries()) {
    gains[condition] = (rule.before[i + 1] ?? meanOfTally(rule)) - (rule.before[i] as number);
  }
  return gains;
}

function sentenceOf(
  { rule, holds, base }: FoundRule,
  texts: readonly string[],
  { target, params: { min_precision, max_conditions } }: ExplainContext<Params>,
): string {
  const answer = target.label ?? (target.index === undefined ? 'the same answer' : `class ${target.index}`);
  const figures = `precision ${meanOfTally(rule).toFixed(2)}, coverage ${rule.coverage.toFixed(2)}`;
  if (rule.conditions.length === 0 && holds) return `Always ${answer}: no condition is needed (${figures}).`;
  const parts = rule.conditions.map((condition) => texts[condition]).join(' AND ');
  const sentence = `IF ${parts || 'nothing is known'} THEN ${answer} (${figures}; ${base.toFixed(2)} without conditions).`;
  return holds
    ? sentence
    : `${sentence} No rule of at most ${max_conditions} conditions was found to have the precision ${min_precision}.`;
}
