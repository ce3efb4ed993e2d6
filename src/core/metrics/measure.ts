/** Metrics of an explanation: what they cost, known before anything runs, and their values. */
import { WhylightError } from '../errors.ts';
import type { ExplainedRow, Explainer, ExplainHooks, ExplainRequest } from '../explainer/explainer.ts';
import type { Cost } from '../method/contract.ts';
import { parseParams } from '../method/params.ts';
import type { BoundInfo, Model } from '../model/model.ts';
import { argmax, probabilitiesOf } from '../model/prediction.ts';
import { scoreOf } from '../model/target.ts';
import type { Target } from '../model/target-request.ts';
import { Random } from '../tensor/random.ts';
import type { Inputs } from '../tensor/rows.ts';
import { repeatRow, rowsOf, sliceRows } from '../tensor/rows.ts';
import { metricOf } from './index.ts';
import type { Answers, Measurement, Metric, MetricContext } from './metric.ts';
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
  /** For a single row. */
  readonly cost: Cost;
}

/** The value of a metric, or why it has none here. */
export type Measured = { readonly metric: string } & (Measurement | { readonly error: WhylightError });

export const isMeasured = (one: Measured): one is { readonly metric: string } & Measurement => 'score' in one;

/**
 * What the metrics would cost for each row of the request. Nothing runs.
 * @throws WhylightError `not_found` for an unknown metric, `invalid_request` for its parameters, and whatever
 * {@link Explainer.plan} throws.
 */
export function planMetrics(
  explainer: Explainer,
  model: Model,
  request: ExplainRequest,
  wanted: readonly MetricRequest[],
): PlannedMetric[] {
  const plan = explainer.plan(model, request);
  const explanation = {
    forwards: plan.cost.forwards / plan.rows,
    backwards: plan.cost.backwards / plan.rows,
  };
  return wanted.map((one) => {
    const metric = metricOf(one.metric);
    const params = parseParams(metric, one.params);
    return { metric, params, cost: metric.cost(params, { model, info: plan.info, explanation }) };
  });
}

export interface MeasureOptions {
  /** Where the object of each row is. */
  readonly regions?: readonly (Region | undefined)[];
  /** Number of the first row among all that are measured, for random draws that differ from row to row. */
  readonly first?: number;
  readonly hooks?: Pick<ExplainHooks, 'signal' | 'pause' | 'waitUntil' | 'methods'>;
  /** Told the rows of each metric when it is done. */
  readonly done?: (cost: Cost) => void;
}

/**
 * The metrics of each explained row, in the order of the rows. A metric that does not apply to a row carries its error;
 * any other fault is thrown.
 *
 * @param request the one that `rows` answers
 */
export async function measureRows(
  explainer: Explainer,
  model: Model,
  request: ExplainRequest,
  rows: readonly ExplainedRow[],
  planned: readonly PlannedMetric[],
  { regions = [], first = 0, hooks = {}, done }: MeasureOptions = {},
): Promise<Measured[][]> {
  const all: Measured[][] = [];
  const { info, cost, rows: count } = explainer.plan(model, request);
  const explanation = { forwards: cost.forwards / count, backwards: cost.backwards / count };
  for (const [i, row] of rows.entries()) {
    const inputs = rowOf(request.inputs, i);
    // As many baselines as rows are one for each; for a single row, all of them are its own.
    const baselines = request.baselines && count > 1 ? rowOf(request.baselines, i) : request.baselines;
    const measured: Measured[] = [];
    for (const { metric, params, cost } of planned) {
      const region = regions[i];
      const context: MetricContext<never> = {
        params: params as never,
        model,
        info,
        explanation,
        inputs,
        row,
        ...(region && { region }),
        random: new Random(request.seed ?? 0, first + i),
        answers: (some) => answersOf(explainer, model, info, request, row.target, some, hooks),
        explain: async (change) => {
          const { rows: explained } = await explainer.explain(
            change.model ?? model,
            {
              ...request,
              inputs: change.inputs ?? inputs,
              ...(baselines && { baselines }),
              target: { weights: (change.target ?? row.target).weights },
              top: 1,
            },
            hooks,
          );
          return explained[0] as ExplainedRow;
        },
      };
      measured.push(await attempt(metric, context));
      done?.(cost);
    }
    all.push(measured);
  }
  return all;
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
  explainer: Explainer,
  model: Model,
  info: BoundInfo,
  { scores }: ExplainRequest,
  target: Target,
  inputs: Inputs,
  hooks: ExplainHooks,
): Promise<Answers> {
  const predictions = await explainer.predict(
    model,
    { inputs: everyRow(inputs), top: 1, ...(scores !== undefined && { scores }) },
    hooks,
  );
  const [only, ...others] = target.weights;
  const output = only && others.length === 0 && only.weight === 1 ? only.index : undefined;
  const all = predictions.map((one) => one.scores);
  const targets = Float64Array.from(all, (row) => scoreOf(target, row));
  return {
    scores: targets,
    probabilities:
      output !== undefined && info.probability && info.scoreSize > 1
        ? Float64Array.from(all, (row) => probabilitiesOf(row, info.probability as 'softmax')[output] as number)
        : targets,
    winners: Int32Array.from(all, argmax),
  };
}

/** Inputs that have a single row, repeated for all: the check of inputs wants as many of each. */
function everyRow(inputs: Inputs): Inputs {
  const count = Math.max(...Object.values(inputs).map(rowsOf));
  return Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, repeatRow(input, count)]));
}

/** One row of each; what has a single row gives that. */
const rowOf = (rows: Inputs, row: number): Inputs =>
  Object.fromEntries(
    Object.entries(rows).map(([name, all]) => [name, rowsOf(all) === 1 ? all : sliceRows(all, row, row + 1)]),
  );
