/** Run of one row of a plan. */
import { throwIfAborted } from '../abort.ts';
import { WhylightError } from '../errors.ts';
import type { Attribution, Cost, ExplainContext, MethodState } from '../method/contract.ts';
import { topClasses } from '../model/prediction.ts';
import { resolveTarget, scoreOf } from '../model/target.ts';
import { Evaluator, type OtherGraph, type Start } from '../plan/evaluator.ts';
import { recall } from '../plan/forward-pass.ts';
import { type ResolvedNeeds, resolveNeeds } from '../plan/variant.ts';
import { Random } from '../tensor/random.ts';
import { type Inputs, rowOf } from '../tensor/rows.ts';
import { type Circumstances, diagnose } from './diagnostics.ts';
import { explainedBy } from './explained.ts';
import type { ExplainedRow } from './explanation.ts';
import { followOf } from './follow.ts';
import { hiddenOverflow, locateNotFinite } from './not-finite.ts';
import { halvesInside } from './overflow.ts';
import type { Plan } from './plan.ts';
import { controlOf, type PlanRow, type PlanRun, signalOf, splitHeld } from './plan-run.ts';
import { guardedAsync } from './plugin-fault.ts';
import { modelView } from './plugin-view.ts';
import { withRivals } from './rivals.ts';
import { infoOfRow } from './row-features.ts';
import { quantityOf, type RowOutcome } from './row-outcome.ts';
import type { ReadySetup } from './setup.ts';
import type { SummaryFacts } from './summary.ts';

/** A row that was explained. */
export interface RowResult {
  readonly row: ExplainedRow;
  /** Every element of the row's scores. */
  readonly scores: Float32Array;
  readonly samples: Cost & { readonly predictions: number };
}

/** Explains one row, and counts what that took. */
export async function explainRow(run: PlanRun, index: number): Promise<RowResult> {
  const { plan, hooks } = run;
  const { info, space, request } = plan;
  const { explained: inputs, held } = splitHeld(plan, index);
  const row: PlanRow = {
    index,
    inputs,
    held,
    baselines: plan.rows === 1 ? plan.baselines : rowOf(plan.baselines, index),
  };
  const setup = await run.setups.of(plan.entry);
  const evaluator = evaluatorOf(run, held, index, setup);
  const start = await evaluator.start(row.inputs, space, targetOf(plan)).catch(async (error: unknown) => {
    throw WhylightError.is(error) && error.details.notFinite === true ? await locateNotFinite(error, run, row) : error;
  });
  const overflow = await hiddenOverflow(run, row);
  const attribution = await attribute(run, row, evaluator, { ...start, data: setup.data });
  if (hooks.signal) throwIfAborted(hooks.signal);
  const explained = explainedBy(plan, row.inputs, attribution);
  const outcome = outcomeOf(attribution, start);
  const summaries = request.summary ? await import('./summarize-row.ts') : undefined;
  const described = await summaries?.summarizeRow(run, row, explained, outcome);
  const circumstances = circumstancesOf(plan, outcome, attribution, described?.facts, overflow);
  const diagnostics = diagnose(explained.values, circumstances, explained.map);
  const summary = described && summaries?.summarize(described, diagnostics.warnings);
  const { forwards, backwards } = evaluator.samples;
  return {
    scores: start.scores,
    samples: {
      forwards: forwards + (summary?.facts.hidden ? 1 : 0) + (halvesInside(plan).length > 0 ? 1 : 0),
      backwards,
      predictions: evaluator.predictions,
    },
    row: {
      target: start.target,
      ...scoresOf(outcome),
      diagnostics,
      ...(summary && { summary }),
      // The elements of an output with boxes are no classes: its predictions are the task's.
      top: request.taskTarget ? [] : topClasses(start.scores, space, info, request.top ?? 5),
      ...explained,
    },
  };
}

function evaluatorOf(run: PlanRun, held: Inputs, index: number, setup: ReadySetup): Evaluator {
  const { plan, lease, hooks } = run;
  const follow = followOf(plan);
  return new Evaluator({
    method: plan.entry.method.id,
    graphs: plan.graphs,
    others: otherGraphs(run, setup),
    forward: resolveNeeds({}, plan.info),
    load: (needs) => lease.load(needs),
    cost: plan.rowCost,
    control: controlOf(run.hooks, run.count),
    ...(follow && { follow }),
    held,
    recall: (needs, target) => recall(hooks.pass, index, needs, target),
  });
}

/** Graphs of the models that the method brings. */
function otherGraphs({ plan, lease }: PlanRun, { models }: ReadySetup): Readonly<Record<string, OtherGraph>> {
  return Object.fromEntries(
    Object.entries(plan.others).map(([name, { model: wanted = '', ...needs }]): [string, OtherGraph] => {
      const model = models[wanted];
      if (!model) {
        const { id } = plan.entry.method;
        const message = `Method "${id}" needs a graph of a model "${wanted}", which its setup does not return.`;
        throw new WhylightError('method_failed', message, { method: id, models: Object.keys(models) });
      }
      const own = lease.extendedTo(model);
      const resolved = resolveNeeds(needs, model.info(needs.scores === undefined ? {} : { scores: needs.scores }));
      return [name, { needs: resolved, load: () => own.load(resolved) }];
    }),
  );
}

/** Every row of the explained inputs. */
const explainedInputs = ({ inputs, info }: Plan): Inputs =>
  Object.fromEntries(Object.entries(inputs).filter(([name]) => !info.held.some((input) => input.name === name)));

/** The target for {@link Evaluator.start}: known beforehand, chosen by the scores, or the top class. */
function targetOf({ target, request, space }: Plan): Parameters<Evaluator['start']>[2] {
  const { target: requested, taskTarget } = request;
  if (taskTarget && target) return { wanted: target };
  if (requested === undefined) return {};
  return {
    choose: (scores) => resolveTarget(requested, space, scores),
    ...(target && { wanted: target }),
  };
}

/** State where the host offers no store. */
const NO_STATE: MethodState = { get: async () => undefined, put: async () => {} };

/** Calls the method. */
async function attribute(
  { plan, engine, lease, hooks }: PlanRun,
  { index, inputs, baselines }: PlanRow,
  evaluator: Evaluator,
  { target, scores, data }: Start & Pick<ReadySetup, 'data'>,
): Promise<Attribution> {
  const { method } = plan.entry;
  const main = await lease.load(Object.values(plan.graphs)[0] as ResolvedNeeds);
  return guardedAsync(method, () =>
    evaluator.contain(async () =>
      method.explain({
        params: plan.params,
        model: modelView(infoOfRow(plan.info, plan.request, index)),
        methods: plan.methods,
        data,
        state: hooks.state?.(plan.entry) ?? NO_STATE,
        inputs,
        baselines: Object.keys(plan.background).length > 0 ? plan.background : baselines,
        batch: { inputs: explainedInputs(plan), rows: plan.rows, index },
        target: withRivals(target, plan),
        score: scoreOf(target, scores),
        random: new Random(plan.seed, index),
        signal: signalOf(hooks),
        batchSize: main.batchSize,
        prefetch: engine.runsInBackground ?? false,
        ahead: engine.runsInBackground ?? false,
        mixes: main.variant.mixes,
        evaluate: (rows, options) => evaluator.evaluate(rows, options),
        partial: partialOf({ plan, hooks }, index, inputs),
      }),
    ),
  );
}

/**
 * Receiver of partial answers. The first one is checked even where nobody listens, so that a method with unusable ones
 * fails alike for a stream and for a single answer.
 */
function partialOf(
  { plan, hooks }: Pick<PlanRun, 'plan' | 'hooks'>,
  index: number,
  inputs: Inputs,
): ExplainContext<never>['partial'] {
  let checked = false;
  return (attribution) => {
    if (checked && !hooks.partial) return;
    checked = true;
    const given = typeof attribution === 'function' ? attribution() : attribution;
    const explained = explainedBy(plan, inputs, given);
    hooks.partial?.(index, explained);
  };
}

function outcomeOf({ score, baselineScore, convergenceDelta }: Attribution, { target, scores }: Start): RowOutcome {
  return {
    target,
    scores,
    ofNeuron: score !== undefined,
    score: score ?? scoreOf(target, scores),
    ...(baselineScore !== undefined && { baselineScore }),
    ...(convergenceDelta !== undefined && { convergenceDelta }),
  };
}

const scoresOf = ({ score, baselineScore, convergenceDelta }: RowOutcome) => ({
  score,
  ...(baselineScore !== undefined && { baselineScore }),
  ...(convergenceDelta !== undefined && { convergenceDelta }),
});

/** Facts for {@link diagnose}. */
function circumstancesOf(
  { info, entry, params, model, graphs }: Plan,
  outcome: RowOutcome,
  { zeros, values }: Attribution,
  facts: SummaryFacts | undefined,
  overflow: string | undefined,
): Circumstances {
  const isProbability = info.probability === 'given' && outcome.target.index !== undefined && !outcome.ofNeuron;
  const { value: activation } = model.description.explained.activation;
  // Values without a sign do not claim that the part is evidence for the target.
  const hidden = facts?.signed ? facts.hidden : undefined;
  const isGradient = Object.values(graphs).some(({ gradients }) => gradients.length > 0);
  const leftOut = isGradient ? withoutSource(info, values) : [];
  const rounds = isGradient ? model.rounding : undefined;
  return {
    ...scoresOf(outcome),
    quantity: quantityOf(outcome, params),
    strategy: entry.method.strategy,
    ...(isProbability && { probability: outcome.score }),
    ...(isProbability && (activation === 'softmax' || activation === 'sigmoid') && { activation }),
    ...(zeros !== undefined && { zeros }),
    ...(hidden && { hidden }),
    ...(overflow !== undefined && { overflow }),
    ...(leftOut.length > 0 && { leftOut }),
    ...(rounds && { rounding: `${rounds.op} "${rounds.name}"` }),
  };
}

/** Explained inputs that values of the sources of gradients say nothing about. */
function withoutSource({ inputs, sources }: Plan['info'], values: Attribution['values']): string[] {
  if (!sources.some(({ name }) => values[name])) return [];
  const covered = new Set(sources.flatMap(({ input, shared = {} }) => [input, ...Object.keys(shared)]));
  return inputs.map(({ name }) => name).filter((name) => !covered.has(name));
}
