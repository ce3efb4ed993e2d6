/** Metrics of an explanation: what they cost, known before anything runs, and their values. */
import { WhylightError } from '../errors.ts';
import type { Explainer } from '../explainer/explainer.ts';
import type { ExplainedRow } from '../explainer/explanation.ts';
import type { Plan } from '../explainer/plan.ts';
import type { ExplainHooks } from '../explainer/request.ts';
import { infoOfRow, infosOfRows } from '../explainer/row-features.ts';
import type { Cost } from '../method/contract.ts';
import { parseParams } from '../method/params.ts';
import type { Model } from '../model/model.ts';
import { argmax, probabilitiesOf } from '../model/prediction.ts';
import { scoreOf } from '../model/target.ts';
import type { TaskTarget } from '../task/task.ts';
import { Random } from '../tensor/random.ts';
import { type Inputs, repeatRow, rowOf, rowsOf } from '../tensor/rows.ts';
import { metricOf, metrics } from './index.ts';
import type { Answers, Measurement, Metric, MetricContext } from './metric.ts';
import { regionOfPrediction } from './predicted-region.ts';
import type { Region } from './region.ts';

/** One metric, with parameters as a client sends them. */
export interface MetricRequest {
  readonly metric: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

export interface PlannedMetric {
  readonly metric: Metric;
  /** After defaults. */
  readonly params: Readonly<Record<string, unknown>>;
  /** For a single row: the dearest, where rows differ in their features. */
  readonly cost: Cost;
}

/** The value of a metric, or why it has none here. */
export type Measured = { readonly metric: string } & (Measurement | { readonly error: WhylightError });

export const isMeasured = (one: Measured): one is { readonly metric: string } & Measurement => 'score' in one;

/**
 * Looks up metrics, parses their parameters and states their cost. Nothing runs.
 * @param known metrics by id; those that come with whylight when left out
 * @throws WhylightError `not_found` for an unknown metric, `invalid_request` for its parameters
 */
export function planMetrics(
  plan: Plan,
  requests: readonly MetricRequest[],
  known: ReadonlyMap<string, Metric> = metrics,
): PlannedMetric[] {
  return requests.map((request) => {
    const metric = metricOf(request.metric, known);
    const params = parseParams(metric, request.params);
    const costs = infosOfRows(plan.info, plan.request, plan.rows).map(({ info }) =>
      metric.cost(params, { model: plan.model, info, explanation: plan.rowCost }),
    );
    const most = (key: keyof Cost): number => Math.max(0, ...costs.map((cost) => cost[key]));
    return { metric, params, cost: { forwards: most('forwards'), backwards: most('backwards') } };
  });
}

export interface MeasureOptions {
  /** Region of the object in each row, where it is known. */
  readonly regions?: readonly (Region | undefined)[];
  /**
   * Models with shuffled layers, in the order of shuffling, in place of those that metrics of randomisation make: to
   * repeat a test with recorded models.
   */
  readonly randomised?: readonly Model[];
  /** Number of the first row among all that are measured; random draws differ from row to row. */
  readonly first?: number;
  readonly hooks?: Pick<ExplainHooks, 'signal' | 'pause' | 'waitUntil'>;
  /** Receives the rows of each metric when it is done. */
  readonly done?: (cost: Cost) => void;
}

/**
 * Measures each explained row. A metric that does not apply to a row carries its error; any other error is thrown.
 * @param plan of the explanation
 * @param rows of the explanation
 * @returns the metrics of each row, in the order of the rows
 */
export async function measureRows(
  explainer: Explainer,
  plan: Plan,
  rows: readonly ExplainedRow[],
  planned: readonly PlannedMetric[],
  { regions = [], randomised, first = 0, hooks = {}, done }: MeasureOptions = {},
): Promise<Measured[][]> {
  const all: Measured[][] = [];
  for (const [index, row] of rows.entries()) {
    const settled = await settledOrReason(explainer, plan, index, hooks);
    if (WhylightError.is(settled)) {
      all.push(planned.map(({ metric }) => ({ metric: metric.id, error: settled })));
      continue;
    }
    const context = contextOf({ explainer, plan: settled, hooks }, row, index);
    const region = regions[index] ?? regionOf(row, plan);
    const known = { ...(region && { region }), ...(randomised && { randomised }) };
    const measured: Measured[] = [];
    for (const { metric, params, cost } of planned) {
      const random = new Random(plan.seed, first + index);
      measured.push(await attempt(metric, { ...context, ...known, params: params as never, random }));
      done?.(cost);
    }
    all.push(measured);
  }
  return all;
}

/** The plan with the target that its task finds; the error where nothing was found. */
async function settledOrReason(
  explainer: Explainer,
  plan: Plan,
  index: number,
  hooks: ExplainHooks,
): Promise<Plan | WhylightError> {
  try {
    return await explainer.settle(plan, index, hooks);
  } catch (error) {
    if (WhylightError.is(error, 'unprocessable_method')) return error;
    throw error;
  }
}

/** The place of the explained prediction in the map: a box or a mask is the object, unless another is known. */
function regionOf({ predictions, prediction = -1, map }: ExplainedRow, { request }: Plan): Region | undefined {
  const chosen = predictions?.[prediction];
  return chosen && map && regionOfPrediction(chosen, request.read?.image, map.dims as [number, number]);
}

/** Run of metrics. */
interface MetricsRun {
  readonly explainer: Explainer;
  readonly plan: Plan;
  readonly hooks: ExplainHooks;
}

/** Everything that a metric may use for one row, except for parameters, region and randomness. */
function contextOf(run: MetricsRun, row: ExplainedRow, index: number): Omit<MetricContext<never>, 'params' | 'random'> {
  const { explainer, plan, hooks } = run;
  const { model, entry, params, methods } = plan;
  const features = plan.request.features?.[index];
  const inputs = rowOf(plan.inputs, index);
  // As many baselines as rows are one for each; for a single row, all of them are its own.
  const baselines = plan.rows > 1 ? rowOf(plan.baselines, index) : plan.baselines;
  return {
    model,
    info: infoOfRow(plan.info, plan.request, index),
    explanation: plan.rowCost,
    inputs,
    baselines,
    row,
    // Masks and other inputs that nothing is removed from stay as they are.
    answers: (rows) => answersOf(run, row, { ...inputs, ...rows }),
    explain: async (change) => {
      const { weights } = change.target ?? row.target;
      const { taskTarget } = plan.request;
      const request = {
        ...plan.request,
        params,
        inputs: change.inputs ?? inputs,
        baselines,
        ...(features && { features: [features] }),
        target: { weights },
        // Other weights of the same tensor are another number, which nothing follows.
        ...(change.target &&
          taskTarget && { taskTarget: { output: taskTarget.output, build: taskTarget.build, weights } }),
        top: 1,
        summary: false,
      };
      const changed = await explainer.planned(change.model ?? model, request, { methods, entry, paramsParsed: true });
      const { rows } = await explainer.run(changed, hooks);
      return rows[0] as ExplainedRow;
    },
  };
}

async function attempt(metric: Metric, context: MetricContext<never>): Promise<Measured> {
  try {
    return { metric: metric.id, ...(await metric.measure(context)) };
  } catch (error) {
    if (!WhylightError.is(error) || error.code !== 'unprocessable_method') throw error;
    return { metric: metric.id, error };
  }
}

async function answersOf(
  { explainer, plan: { model, info, request }, hooks }: MetricsRun,
  { target, score }: Pick<ExplainedRow, 'target' | 'score'>,
  inputs: Inputs,
): Promise<Answers> {
  const { scores, taskTarget } = request;
  const predictions = await explainer.predict(
    model,
    { inputs: everyRow(inputs), top: 1, ...(scores !== undefined && { scores }), ...(taskTarget && { taskTarget }) },
    hooks,
  );
  const [only, ...others] = target.weights;
  const output = only && others.length === 0 && only.weight === 1 ? only.index : undefined;
  const all = predictions.map((one) => one.scores);
  const targets = Float64Array.from(predictions, ({ scores, followed }) => followed ?? scoreOf(target, scores));
  const winner = winnerOf(taskTarget, score);
  return {
    scores: targets,
    probabilities:
      output !== undefined && !taskTarget?.follow && info.probability && info.scoreSize > 1
        ? Float64Array.from(all, (row) => probabilitiesOf(row, info.probability as 'softmax')[output] as number)
        : targets,
    ...(winner && { winners: Int32Array.from(all, (row, i) => winner(row, targets[i] as number)) }),
  };
}

/** Function that names the winner of a run; undefined where the target has no rivals. */
function winnerOf(
  target: TaskTarget | undefined,
  undisturbed: number,
): ((scores: Float32Array, score: number) => number) | undefined {
  if (!target) return argmax;
  if (!target.follow) return target.winner;
  // A box that was explained below the threshold has gone when half of its score has.
  const least = Math.min(target.threshold ?? Number.POSITIVE_INFINITY, undisturbed / 2);
  return (_, score) => Number(score >= least);
}

/** Inputs that have a single row, repeated for all: the check of inputs wants as many of each. */
function everyRow(inputs: Inputs): Inputs {
  const count = Math.max(...Object.values(inputs).map(rowsOf));
  return Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, repeatRow(input, count)]));
}
