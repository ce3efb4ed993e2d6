import type { z } from 'zod';
import type { Engine } from '../engine/engine.ts';
import { WhylightError } from '../errors.ts';
import { answered } from '../method/answered.ts';
import type { Cost } from '../method/contract.ts';
import type { MethodRegistry } from '../method/registry.ts';
import { checkInputs } from '../model/inputs.ts';
import type { Model } from '../model/model.ts';
import type { TargetRequest } from '../model/target-request.ts';
import { COMPILE_LIMITS } from '../onnx/compile-budget.ts';
import { type Estimate, estimateCost, rowSize } from '../plan/cost.ts';
import type { ForwardPass } from '../plan/forward-pass.ts';
import { type GraphLease, GraphLoader, type LoadTimings, noTimings } from '../plan/loader.ts';
import { paced } from '../plan/paced.ts';
import { Profiles } from '../plan/profile.ts';
import { outputsOf, runRows } from '../plan/run.ts';
import { resolveNeeds } from '../plan/variant.ts';
import { TaskRegistry } from '../task/registry.ts';
import type { Inputs } from '../tensor/rows.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { explainAnswer } from './explain-answer.ts';
import { explainTargets, sharedPasses } from './explain-targets.ts';
import type { ExplainerOptions } from './explainer-options.ts';
import type { Answers, ExplainedRow, Explanation, Prediction } from './explanation.ts';
import { checkBudget, type Plan, type PlanOptions, planRequest, planWithTarget, withTarget } from './plan.ts';
import { controlOf } from './plan-run.ts';
import { outputsInFile, type PredictedRows, type PredictRows, predictRows } from './predict-rows.ts';
import { type PredictRequest, predictScores } from './predict-scores.ts';
import { isChosenByTask, readRow, targetOf, taskOf } from './read-answer.ts';
import { readingOf } from './reading.ts';
import { type ExplainHooks, type ExplainRequest, type MethodRequest, namedRequest } from './request.ts';
import { Setups } from './setup.ts';

const MIB = 2 ** 20;

/**
 * Explains predictions of models on one engine.
 *
 * @example
 * const explainer = createExplainer({ methods: [integratedGradients] });
 * const plan = explainer.plan(model, { method: 'integrated_gradients', inputs: { image } });
 * const { milliseconds } = explainer.estimate(plan);
 * const { rows } = await explainer.run(plan);
 */
export class Explainer {
  readonly engine: Engine;
  readonly methods: MethodRegistry;
  readonly tasks: TaskRegistry;
  private readonly loader: GraphLoader;
  private readonly profiles: Profiles;
  private readonly clock: () => number;
  private readonly measures: boolean;
  private readonly setups: Setups;

  constructor({
    engine,
    sessions,
    methods,
    tasks = new TaskRegistry([]),
    memoryBudget = 64 * MIB,
    maxBatch = 32,
    optimize = 'memory',
    compilation = COMPILE_LIMITS,
    clock = () => performance.now(),
    measures = false,
    compiler,
    graphs,
    readFile,
  }: ExplainerOptions) {
    this.engine = engine;
    this.methods = methods;
    this.tasks = tasks;
    this.clock = clock;
    this.measures = measures;
    this.setups = new Setups(compiler, readFile);
    this.profiles = new Profiles(engine.name, compiler);
    const limits = { memoryBudget, maxBatch, optimize, compilation };
    this.loader = new GraphLoader({ engine, sessions, ...limits, compiler, graphs, clock });
  }

  /**
   * Parses and checks a request, and states its cost. Nothing is compiled and nothing runs.
   * @throws WhylightError as {@link planRequest} does
   */
  plan(model: Model, request: ExplainRequest, options?: PlanOptions): Plan {
    if (request.corrections?.task !== undefined) this.tasks.checkId(request.corrections.task);
    const isFound = (described: Model, asked: ExplainRequest): boolean =>
      isChosenByTask(taskOf({ model: described, request: asked }, this.tasks), asked);
    const started = this.clock();
    const plan = planRequest(this.methods, model, request, { ...options, isChosenByTask: isFound });
    return { ...plan, milliseconds: this.clock() - started };
  }

  /**
   * Plans a request as {@link plan} does, also for a method in an isolate of its own, which has to be waited for.
   * @throws WhylightError as {@link planRequest} does
   */
  planned(model: Model, request: ExplainRequest, options?: PlanOptions): Promise<Plan> {
    return answered(() => this.plan(model, request, options));
  }

  /**
   * Looks for the graphs of a plan in the store of compiled graphs, so that {@link estimate} and {@link run} need not
   * compile them. Without a store it does nothing.
   */
  async prepare({ model, graphs }: Plan, hooks: Pick<ExplainHooks, 'waitUntil'> = {}): Promise<void> {
    for (const needs of Object.values(graphs)) await this.loader.prepare(model, needs, hooks);
  }

  /**
   * Estimates time and memory of a plan. Graphs that are new are compiled, but nothing runs.
   * @throws WhylightError `not_differentiable`, `compilation_limit`
   */
  estimate(plan: Plan): Estimate {
    return estimateCost(plan, this.loader, this.profiles);
  }

  /**
   * Plans and explains each row of a request. The method is given by its id or its value.
   * @throws WhylightError as {@link planRequest} and {@link run} do
   */
  async explain<S extends z.ZodObject>(
    model: Model,
    request: MethodRequest<S>,
    hooks?: ExplainHooks,
  ): Promise<Explanation>;
  async explain(model: Model, request: ExplainRequest, hooks?: ExplainHooks): Promise<Explanation>;
  async explain(
    model: Model,
    request: ExplainRequest | MethodRequest<z.ZodObject>,
    hooks: ExplainHooks = {},
  ): Promise<Explanation> {
    return this.run(
      await this.planned(model, namedRequest(request), hooks.methods && { methods: hooks.methods }),
      hooks,
    );
  }

  /**
   * Explains each row of a planned request.
   * @throws WhylightError `budget_exceeded`, `not_differentiable`, `compilation_limit`, `unprocessable_method`,
   * `method_failed`, `aborted`
   */
  run(plan: Plan, hooks: Omit<ExplainHooks, 'methods'> = {}): Promise<Explanation> {
    return answered(() => this.runOnce(plan, hooks));
  }

  private async runOnce(plan: Plan, hooks: Omit<ExplainHooks, 'methods'>): Promise<Explanation> {
    const started = this.clock();
    checkBudget(plan, hooks.maxSamples);
    const timings = noTimings();
    const lease = this.loader.lease(plan.model, timings, hooks);
    try {
      const yielding = hooks.pause ? { ...hooks, pause: paced(hooks.pause, this.clock) } : hooks;
      const { rows, samples } = await this.explainRows(plan, lease, yielding);
      return this.explanation(plan, rows, samples, { ...timings, total: this.clock() - started });
    } finally {
      lease.release();
    }
  }

  /**
   * The plan with the target that the task finds in the answer to one row, for metrics; the plan itself where the target
   * is one of the scores.
   * @throws WhylightError `unprocessable_method` where nothing was found
   */
  async settle(plan: Plan, index = 0, hooks: ExplainHooks = {}): Promise<Plan> {
    const task = taskOf(plan, this.tasks);
    if (!task || !isChosenByTask(task, plan.request)) return plan;
    const lease = this.loader.lease(plan.model, noTimings(), hooks);
    try {
      const answer = await readRow({ plan, lease, hooks }, task, index);
      const chosen = targetOf(answer, task, plan.request.target);
      if ('target' in chosen) return await answered(() => planWithTarget(plan, chosen.target));
      throw new WhylightError('unprocessable_method', chosen.nothing);
    } finally {
      lease.release();
    }
  }

  /**
   * Explains the row of a plan for each of several targets. Gradient methods share one forward pass, and the backward
   * passes run together, as many as fit; a target that a task finds in the answer is explained by itself.
   * @throws WhylightError as {@link planRequest} and {@link run} do
   */
  async explainTargets(
    plan: Plan,
    targets: readonly TargetRequest[],
    hooks: ExplainHooks = {},
  ): Promise<Explanation[]> {
    const lease = this.loader.lease(plan.model, noTimings(), hooks);
    const explain = (one: Plan, pass = hooks.pass) => this.run(one, { ...hooks, ...(pass && { pass }) });
    return explainTargets({ lease, tasks: this.tasks, hooks, explain }, plan, targets).finally(() => lease.release());
  }

  /**
   * Runs the forward pass that explanations of one row for several targets share, with the gradient for each target. With
   * the pass that it returns for a plan, {@link run} does not run the model on the row again.
   * @param plans plans of the same row by the same method, each for another target
   * @returns passes for `hooks.pass`; plans that cannot share one are left out
   */
  async sharePass(plans: readonly Plan[], hooks: ExplainHooks = {}): Promise<ReadonlyMap<Plan, ForwardPass>> {
    const [first] = plans;
    if (!first) return new Map();
    const lease = this.loader.lease(first.model, noTimings(), hooks);
    return sharedPasses({ lease, tasks: this.tasks, hooks }, plans).finally(() => lease.release());
  }

  private async explainRows(plan: Plan, lease: GraphLease, hooks: ExplainHooks) {
    const { cost } = plan;
    const samples = { forwards: 0, backwards: 0, predictions: 0 };
    const rows: ExplainedRow[] = [];
    for (let index = 0; index < plan.rows; index++) {
      if (index > 0) await hooks.pause?.();
      let done = samples.forwards + samples.backwards;
      const count = (rows: number): void => {
        done += rows;
        hooks.progress?.(done, cost.forwards + cost.backwards);
      };
      const run = { plan, engine: this.engine, setups: this.setups, lease, hooks, count };
      const { row, samples: own } = await explainAnswer(run, index, this.tasks);
      rows.push(row);
      samples.forwards += own.forwards;
      samples.backwards += own.backwards;
      samples.predictions += own.predictions;
    }
    return { rows, samples };
  }

  /** The answer; what the run took is remembered for estimates. */
  private explanation(
    { model, info, entry, params, seed, request, graphs }: Plan,
    rows: readonly ExplainedRow[],
    samples: Cost & { readonly predictions: number },
    timings: LoadTimings & { readonly total: number },
  ): Explanation {
    const run = timings.total - timings.compile - timings.session;
    const { forwards, backwards, predictions } = samples;
    if (this.measures) {
      const needs = Object.values(graphs);
      const size = rowSize(
        needs,
        needs.flatMap((one) => this.loader.known(model, one) ?? []),
      );
      this.profiles.observe(model, { forwards: forwards + predictions, backwards }, run, size);
    }
    return {
      method: entry.method.id,
      revision: entry.method.revision,
      ...(entry.build !== undefined && { build: entry.build }),
      params,
      seed,
      model: { name: model.name, version: model.version, digest: model.digest },
      ...(info.labelled && {
        reading: readingOf(model.description, request.corrections, taskOf({ model, request }, this.tasks)),
      }),
      engine: this.engine.name,
      rows,
      samples,
      timings: { ...timings, run },
    };
  }

  /**
   * Returns scores and top classes of each row, and the number that a task's target has in it.
   * @throws WhylightError `invalid_tensor`, `layer_not_found`, `aborted`
   */
  async predict(given: Model, request: PredictRequest, hooks: ExplainHooks = {}): Promise<Prediction[]> {
    const model = withTarget(given, request.taskTarget);
    const lease = this.loader.lease(model, noTimings(), hooks);
    return predictScores({ model, lease, hooks }, request).finally(() => lease.release());
  }

  /**
   * Reads the answer of the model to each row by its task. Nothing is explained.
   * @throws WhylightError `invalid_tensor`, `invalid_request` for a task that does not exist, `unprocessable_method` for
   * outputs that the task cannot read, `aborted`
   */
  async answer(
    model: Model,
    request: Pick<ExplainRequest, 'inputs' | 'read' | 'features' | 'corrections' | 'top'>,
    hooks: ExplainHooks = {},
  ): Promise<Answers> {
    if (request.corrections?.task !== undefined) this.tasks.checkId(request.corrections.task);
    const described = model.corrected(request.corrections);
    const { inputs, shapes, rows } = checkInputs(described, request.inputs);
    const info = described.info({ shapes });
    const task = taskOf({ model: described, request: { read: {}, ...request } }, this.tasks);
    if (!task) return { task: described.description.explained.task.value, rows: [] };
    const lease = this.loader.lease(described, noTimings(), hooks);
    try {
      const run = { plan: { model: described, info, inputs, request }, lease, hooks };
      const answers: Answers['rows'][number][] = [];
      for (let index = 0; index < rows; index++) answers.push((await readRow(run, task, index)).predictions);
      return { task: task.id, rows: answers };
    } finally {
      lease.release();
    }
  }

  /**
   * Predicts for every row of a planned explanation. With the forward pass that it returns, {@link run} does not run the
   * model on its rows again. A gradient that costs little more than the forward pass is part of it.
   * @throws WhylightError `layer_not_found`, `not_differentiable`, `aborted`
   */
  async predictRows(plan: Plan, request: PredictRows, hooks: ExplainHooks = {}): Promise<PredictedRows> {
    const lease = this.loader.lease(plan.model, noTimings(), hooks);
    try {
      return await predictRows({ plan, lease, hooks, task: taskOf(plan, this.tasks) }, request);
    } finally {
      lease.release();
    }
  }

  /**
   * Returns outputs of the model, all from the same runs, in the model's element types.
   * @param names of outputs of the graph
   * @throws WhylightError `invalid_tensor`, `layer_not_found`, `aborted`
   */
  async infer(
    model: Model,
    { inputs, names }: { readonly inputs: Inputs; readonly names: readonly string[] },
    hooks: ExplainHooks = {},
  ): Promise<Readonly<Record<string, Tensor>>> {
    const { inputs: checked, shapes } = checkInputs(model, inputs, { broadcast: true });
    const [scores, ...activations] = names;
    if (scores === undefined) return {};
    const info = model.info({ scores, shapes });
    const lease = this.loader.lease(model, noTimings(), hooks);
    try {
      const graph = await lease.load(resolveNeeds({ scores, activations }, info));
      const raw = await runRows(graph, checked, undefined, controlOf(hooks));
      return outputsInFile(model, outputsOf(raw, scores), names);
    } finally {
      lease.release();
    }
  }
}
