import * as z from 'zod';
import { WhylightError } from '../../core/errors.ts';
import { choice } from '../../core/method/choice.ts';
import type { ExplainContext, Given } from '../../core/method/contract.ts';
import { defineMethod } from '../../core/method/define.ts';
import { doi } from '../../core/method/papers.ts';
import { baselineParameter } from '../../core/strategy/baseline.ts';
import { absentInputs } from '../../core/strategy/perturbation/mixtures.ts';
import { type TreeModel, treeModel } from '../../core/strategy/trees/tree-model.ts';
import { rowsOf } from '../../core/tensor/rows.ts';
import { float32 } from '../../core/tensor/tensor.ts';
import { toPrecision } from '../../core/trees/evaluate.ts';
import { interventionalShap, pathDependentShap, type TreeShapResult } from '../../core/trees/explain.ts';
import { countShares } from '../../core/trees/shares-of-rows.ts';

const params = z.object({
  feature_perturbation: choice(
    ['auto', 'interventional', 'tree_path_dependent'],
    'auto',
    'What absent columns do: take the values of the baseline rows ("interventional"), or go both ways at a split by the shares of training rows ("tree_path_dependent"), which are taken from nodes_hitrates of the file, else counted from the baseline rows. "auto" is interventional with baseline rows in the request, else path-dependent where the file has counts, else interventional with the parameter baseline.',
  ),
  model_output: choice(
    ['raw', 'probability'],
    'raw',
    'What is explained: the sum over the trees, before LOGISTIC or SOFTMAX ("raw"), or the model\'s output ("probability", interventional only).',
  ),
  baseline: baselineParameter,
});

type Params = z.output<typeof params>;

/** Way of removing columns. */
type Plan = { readonly kind: 'rows' } | { readonly kind: 'shares'; readonly from: 'file' | 'rows' };

function planOf({ feature_perturbation, model_output }: Params, { ensemble }: TreeModel, baselines: number): Plan {
  const counted = ensemble.lowShare !== undefined;
  const interventional =
    feature_perturbation === 'interventional' ||
    (feature_perturbation === 'auto' && (baselines > 0 || !counted || model_output === 'probability'));
  if (interventional) return { kind: 'rows' };
  if (model_output === 'probability' && ensemble.head.post !== 'none') {
    const message =
      'tree_path_dependent explains the sum over the trees alone. Use model_output=raw, or feature_perturbation=interventional.';
    throw new WhylightError('invalid_request', message, { issues: [{ parameter: 'model_output', message }] });
  }
  if (counted) return { kind: 'shares', from: 'file' };
  if (baselines > 0) return { kind: 'shares', from: 'rows' };
  throw new WhylightError(
    'unprocessable_method',
    'The file does not say how many training rows came to each node (nodes_hitrates), so the path-dependent form has nothing to weigh by. Give baseline rows to count, or use feature_perturbation=interventional.',
  );
}

/** Exact Shapley values of tree ensembles. */
export default defineMethod({
  apiVersion: 1,
  id: 'tree_shap',
  strategy: 'perturbation',
  revision: 2,
  background: true,
  returns: { text: 'what absent columns did, and how many background rows they came from' },
  about: {
    title: 'TreeSHAP',
    summary: 'Exact Shapley values of the columns of a table for a tree ensemble, read from the trees themselves.',
    paper: doi(
      '10.1038/s42256-019-0138-9',
      2020,
      'From local explanations to global understanding with explainable AI for trees',
      'algorithms 1 to 3',
    ),
    modalities: ['vector'],
    properties: { signed: true, complete: true, deterministic: true, classDiscriminative: true },
  },
  params,
  needs: (_, model) => ({ activations: [treeModel(model).features] }),
  cost: (given, model, _, request: Given) => {
    const plan = planOf(given, treeModel(model), request.baselines);
    const background = plan.kind === 'shares' && plan.from === 'file' ? 0 : Math.max(1, request.baselines);
    return { forwards: 1 + background, backwards: 0 };
  },
  explain: async (ctx) => {
    const trees = treeModel(ctx.model);
    const baselines = Math.max(0, ...Object.values(ctx.baselines).map(rowsOf));
    const plan = planOf(ctx.params, trees, baselines);
    const result = await shapOf(ctx, trees, plan);
    const score = result.scores[0] as number;
    return {
      values: valuesOf(ctx, trees, result.values),
      text: sourceOf(plan, baselines),
      score,
      baselineScore: result.expected,
      convergenceDelta: result.values.reduce((a, b) => a + b, 0) - (score - result.expected),
    };
  },
});

/** Sentence that says what absent columns did. */
function sourceOf(plan: Plan, baselines: number): string {
  const rows = baselines > 1 ? `${baselines} background rows` : 'one baseline row';
  if (plan.kind === 'rows') return `Absent columns took the values of ${rows} (interventional).`;
  const from = plan.from === 'file' ? 'training rows that the file counts' : rows;
  return `Absent columns went both ways at a split, by the shares of ${from} (path-dependent).`;
}

async function shapOf(ctx: ExplainContext<Params>, trees: TreeModel, plan: Plan): Promise<TreeShapResult> {
  const { ensemble, columns, players, features } = trees;
  const matrixOf = async (rows: ExplainContext<Params>['inputs']): Promise<Float64Array> => {
    const { activations } = await ctx.evaluate(rows);
    return toPrecision(ensemble, activations[features]?.data ?? []);
  };
  const target = new Float64Array(ensemble.head.margins.length);
  for (const { index, weight } of ctx.target.weights) target[index] = weight;
  const input = { rows: await matrixOf(ctx.inputs), columns, players, target };
  if (plan.kind === 'rows') {
    const background = await matrixOf(backgroundOf(ctx));
    return interventionalShap(ensemble, {
      ...input,
      background,
      space: ctx.params.model_output === 'raw' ? 'margin' : 'output',
    });
  }
  const lowShare =
    plan.from === 'file'
      ? (ensemble.lowShare as Float64Array)
      : countShares(ensemble, await matrixOf(backgroundOf(ctx)), columns);
  return pathDependentShap(ensemble, { ...input, lowShare });
}

/** The baseline rows of the request, or the row of the parameter. */
function backgroundOf(ctx: ExplainContext<Params>): ExplainContext<Params>['inputs'] {
  const given = Object.values(ctx.baselines).some((rows) => rowsOf(rows) > 1);
  return given ? { ...ctx.inputs, ...ctx.baselines } : absentInputs(ctx);
}

/** Values of the source columns as tensors in the shape of the inputs. */
function valuesOf({ inputs }: ExplainContext<Params>, { sources }: TreeModel, values: Float64Array) {
  const tensors = Object.fromEntries(Object.entries(inputs).map(([name, { dims }]) => [name, float32(dims)]));
  for (const [player, { input, element }] of sources.entries()) {
    const tensor = tensors[input];
    if (tensor) tensor.data[element] = values[player] as number;
  }
  return tensors;
}
