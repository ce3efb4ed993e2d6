/** One explanation, from input tensors to attribution. */
import type { Optimize } from '../autodiff/compile.ts';
import type { Engine } from '../engine/engine.ts';
import type { SessionCache } from '../engine/session-cache.ts';
import { type ErrorCode, WhylightError } from '../errors.ts';
import { checkAttribution } from '../method/attribution.ts';
import type { Attribution, Cost, ExplainContext, Method, MethodSource } from '../method/contract.ts';
import { parseParams } from '../method/params.ts';
import type { MethodRegistry, PluginEntry } from '../method/registry.ts';
import { saliencyMap } from '../method/saliency-map.ts';
import { checkBaselines, checkInputs } from '../model/inputs.ts';
import type { BoundInfo, Model } from '../model/model.ts';
import { type Classified, topClasses } from '../model/prediction.ts';
import { denseLayout, type ScoreSpace } from '../model/score-space.ts';
import { resolveTarget, scoreOf } from '../model/target.ts';
import type { Target } from '../model/target-request.ts';
import { followsPrediction, type TargetRequest } from '../model/target-request.ts';
import { Evaluator } from '../plan/evaluator.ts';
import { type GraphLease, GraphLoader, noTimings } from '../plan/loader.ts';
import { linearMemory } from '../plan/memory.ts';
import { Profiles } from '../plan/profile.ts';
import { type RunControl, runRows, throwIfAborted } from '../plan/run.ts';
import { namedNeeds, type ResolvedNeeds, resolveNeeds } from '../plan/variant.ts';
import { cast } from '../tensor/cast.ts';
import { Random } from '../tensor/random.ts';
import type { Float32Tensors, Inputs } from '../tensor/rows.ts';
import { rowsOf, sliceRows } from '../tensor/rows.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Diagnostics, diagnose } from './diagnostics.ts';
import { evidenceOf, withoutPart } from './evidence.ts';
import { type HiddenFacts, type Summary, summarize } from './summary.ts';

export interface ExplainerOptions {
  readonly engine: Engine;
  /** Sessions of compiled graphs; bounded, shared by everything that uses the engine. */
  readonly sessions: SessionCache;
  readonly methods: MethodRegistry;
  /** Bytes that the tensors of a batch may take; 64 MiB unless said otherwise. */
  readonly memoryBudget?: number;
  /** The most rows that run at once; 32 unless said otherwise. */
  readonly maxBatch?: number;
  /** What compiled gradients save, at the cost of the other; `memory` unless said otherwise. Answers agree to rounding. */
  readonly optimize?: Optimize;
  /** Milliseconds, from any origin. */
  readonly clock?: () => number;
  /** Whether the clock runs while code does, so that runs tell how long a model takes; it stands still in an isolate. */
  readonly measures?: boolean;
}

export interface ExplainRequest {
  /** Id of the method. */
  readonly method: string;
  /** As the client sent them: texts are understood. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** The top class of each row when left out. */
  readonly target?: TargetRequest;
  /** What is explained: `logits` (the default), the `output` as the graph gives it, or any tensor by name. */
  readonly scores?: string;
  /** Non-negative integer; 0 when left out. */
  readonly seed?: number;
  /** Rows of every input of the model. Each row is explained by itself. */
  readonly inputs: Inputs;
  /** Values that stand for "nothing there", by input name: one row for all, or one for each. */
  readonly baselines?: Inputs;
  /** How many of the top classes the answer lists; 5 when left out. */
  readonly top?: number;
  /** Adds a {@link Summary} to each row, which takes one forward row more. */
  readonly summary?: boolean;
}

export interface ExplainHooks {
  readonly signal?: AbortSignal;
  /** Rows evaluated so far, out of those that the whole request takes. */
  readonly progress?: (done: number, total: number) => void;
  /** A map that is right but not yet precise. */
  readonly partial?: (row: number, explained: Explained) => void;
  /** Lets others have a turn between batches: `scheduler.wait(0)` in a Worker, `setImmediate` in Node. */
  readonly pause?: () => Promise<void>;
  /** Keeps work alive that other requests wait for, when this one ends early. */
  readonly waitUntil?: (promise: Promise<unknown>) => void;
  /** The most rows that the request may evaluate. */
  readonly maxSamples?: number;
  /** The methods that methods made of others may use; all that are built in when left out. */
  readonly methods?: MethodSource;
}

/** What a request will do, known before anything runs. */
export interface Plan {
  readonly entry: PluginEntry;
  /** After defaults. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly info: BoundInfo;
  /** The graphs that the method evaluates, by name; the first is the main one. */
  readonly graphs: Readonly<Record<string, ResolvedNeeds>>;
  /** Checked, see {@link checkInputs}. */
  readonly inputs: Inputs;
  readonly rows: number;
  /** For all rows together; an upper bound with a summary, which hides nothing where no value is above zero. */
  readonly cost: Cost;
}

/** What a request will take. */
export interface Estimate {
  /** For all rows together. */
  readonly cost: Cost;
  /** In the engine. What a method does beside it takes a tenth or less. */
  readonly milliseconds: number;
  /** Whether {@link milliseconds} rests on measurements of this model; it is guessed from FLOPs otherwise. */
  readonly measured: boolean;
  /** Memory of the engine with all graphs of the method loaded and a batch running. */
  readonly bytes: number;
}

export interface Explained {
  /** By input name, or by tensor name for a layer attribution; first extent 1. */
  readonly values: Float32Tensors;
  /** [height, width] at the size of the model's picture; absent when the model sees no picture. */
  readonly map?: Tensor<'float32'>;
  /** See {@link Attribution.standardError}. */
  readonly standardError?: number;
}

export interface ExplainedRow extends Explained {
  readonly target: Target;
  /** The target's score, or the value of the neuron that the method explains. */
  readonly score: number;
  readonly baselineScore?: number;
  readonly convergenceDelta?: number;
  readonly diagnostics: Diagnostics;
  /** Where the request asks for it. */
  readonly summary?: Summary;
  /** Best first. */
  readonly top: readonly Classified[];
}

export interface Explanation {
  readonly method: string;
  readonly revision: number;
  readonly params: Readonly<Record<string, unknown>>;
  readonly seed: number;
  readonly model: { readonly name: string; readonly version: string; readonly digest: string };
  /** Name of the engine. */
  readonly engine: string;
  readonly rows: readonly ExplainedRow[];
  /** Parameters that were lowered to get an answer at all, as they were asked for. Such an answer is kept nowhere. */
  readonly degraded?: Readonly<Record<string, number>>;
  /** Rows that the method evaluated, and those that ran only to find the prediction. */
  readonly samples: Cost & { readonly predictions: number };
  /** Milliseconds. */
  readonly timings: {
    readonly compile: number;
    readonly session: number;
    /** Everything else: the engine, and the method's own work. */
    readonly run: number;
    /** The engine's part of `run`. */
    readonly engine: number;
    readonly total: number;
  };
}

export interface Prediction {
  readonly top: readonly Classified[];
  /** Every element of the scores. */
  readonly scores: Float32Array;
}

const MIB = 2 ** 20;

export class Explainer {
  readonly engine: Engine;
  readonly methods: MethodRegistry;
  private readonly loader: GraphLoader;
  private readonly profiles: Profiles;
  private readonly clock: () => number;
  private readonly measures: boolean;

  constructor({
    engine,
    sessions,
    methods,
    memoryBudget = 64 * MIB,
    maxBatch = 32,
    optimize = 'memory',
    clock = () => performance.now(),
    measures = false,
  }: ExplainerOptions) {
    this.engine = engine;
    this.methods = methods;
    this.clock = clock;
    this.measures = measures;
    this.profiles = new Profiles(engine.name);
    this.loader = new GraphLoader({ engine, sessions, memoryBudget, maxBatch, optimize, clock });
  }

  /**
   * What the request would do. Nothing runs, nothing is compiled.
   * @throws WhylightError as {@link explain} does for a request that is wrong.
   */
  plan(model: Model, request: ExplainRequest, methods: MethodSource = this.methods): Plan {
    const entry = this.methods.get(request.method);
    const { method } = entry;
    const params = parseParams(method, request.params, entry);
    const { inputs, rows, shapes } = checkInputs(model.graph.inputs, request.inputs);
    const info = model.info({ scores: request.scores, shapes });
    if (request.target !== undefined) resolveTarget(request.target, scoreSpace(model, info));
    const needs = guarded(method, () => method.needs(params, info, methods));
    const graphs = Object.fromEntries(
      Object.entries(namedNeeds(needs)).map(([name, one]) => [name, resolveNeeds(one, info)]),
    );
    const cost = guarded(method, () =>
      wholeRows(method.cost(params, info, methods, { baselines: baselineRows(request.baselines, rows) })),
    );
    return {
      entry,
      params,
      info,
      graphs,
      inputs,
      rows,
      cost: { forwards: (cost.forwards + summaryRows(request)) * rows, backwards: cost.backwards * rows },
    };
  }

  /**
   * What the request would take. Graphs that are new are compiled, but nothing runs.
   * @throws WhylightError as {@link plan} does, and `not_differentiable`
   */
  estimate(model: Model, request: ExplainRequest, methods?: MethodSource): Estimate {
    const { cost, graphs } = this.plan(model, request, methods);
    const variants = Object.values(graphs).map((needs) => this.loader.describe(model, needs));
    const rows = variants.map(({ rowBytes }) => rowBytes * this.loader.batchSize(model, rowBytes));
    return {
      cost,
      milliseconds: this.profiles.milliseconds(model, cost),
      measured: this.profiles.of(model).measured,
      bytes: linearMemory(variants.reduce((sum, { sessionBytes }) => sum + sessionBytes, 0) + Math.max(...rows)),
    };
  }

  /**
   * Explains each row of the request.
   * @throws WhylightError `method_not_found`, `invalid_request` (parameters), `invalid_tensor`, `layer_not_found`,
   * `label_not_found`, `unprocessable_method`, `budget_exceeded`, `not_differentiable`, `method_failed`, `aborted`
   */
  async explain(model: Model, request: ExplainRequest, hooks: ExplainHooks = {}): Promise<Explanation> {
    const started = this.clock();
    const { seed = 0 } = request;
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new WhylightError('invalid_request', `The seed must be a non-negative integer, but ${seed} was given.`, {
        seed,
      });
    }
    const plan = this.plan(model, request, hooks.methods);
    checkBudget(plan, hooks.maxSamples);
    const timings = noTimings();
    const lease = this.loader.lease(model, timings, hooks.waitUntil);
    try {
      const { inputs } = plan;
      const baselines = request.baselines ? checkBaselines(model.graph.inputs, request.baselines, plan.rows) : {};
      const samples = { forwards: 0, backwards: 0, predictions: 0 };
      const rows: ExplainedRow[] = [];
      for (let row = 0; row < plan.rows; row++) {
        if (row > 0) await hooks.pause?.();
        const one = {
          row,
          inputs: rowOf(inputs, row),
          baselines: plan.rows === 1 ? baselines : rowOf(baselines, row),
          batch: { inputs, rows: plan.rows, index: row },
        };
        const done = samples.forwards + samples.backwards;
        const { evaluator, explained } = await this.explainRow(model, request, plan, one, lease, hooks, done);
        rows.push(explained);
        samples.forwards += evaluator.samples.forwards + (explained.summary?.facts.hidden ? 1 : 0);
        samples.backwards += evaluator.samples.backwards;
        samples.predictions += evaluator.predictions;
      }
      const total = this.clock() - started;
      const run = total - timings.compile - timings.session;
      if (this.measures) {
        this.profiles.observe(model, { ...samples, forwards: samples.forwards + samples.predictions }, run);
      }
      const { method } = plan.entry;
      return {
        method: method.id,
        revision: method.revision,
        params: plan.params,
        seed,
        model: { name: model.name, version: model.version, digest: model.digest },
        engine: this.engine.name,
        rows,
        samples,
        timings: { ...timings, run, total },
      };
    } finally {
      lease.release();
    }
  }

  /** The scores and top classes of each row. */
  async predict(
    model: Model,
    request: Pick<ExplainRequest, 'inputs' | 'scores' | 'top'>,
    hooks: ExplainHooks = {},
  ): Promise<Prediction[]> {
    const { inputs, shapes } = checkInputs(model.graph.inputs, request.inputs);
    const info = model.info({ scores: request.scores, shapes });
    const lease = this.loader.lease(model, noTimings(), hooks.waitUntil);
    try {
      const graph = await lease.load(resolveNeeds({}, info));
      const { scores } = await runRows(graph, inputs, undefined, control(hooks));
      return Array.from({ length: rowsOf(scores) }, (_, row) => {
        const one = sliceRows(scores, row, row + 1).data;
        return { scores: one, top: topClasses(one, scoreSpace(model, info), info, request.top ?? 5) };
      });
    } finally {
      lease.release();
    }
  }

  /**
   * Outputs of the model, all from the same runs, in its own element types.
   * @param names of outputs of the graph
   * @throws WhylightError `invalid_tensor`, `layer_not_found`, `aborted`
   */
  async infer(
    model: Model,
    { inputs, names }: { readonly inputs: Inputs; readonly names: readonly string[] },
    hooks: ExplainHooks = {},
  ): Promise<Readonly<Record<string, Tensor>>> {
    const { inputs: checked, shapes } = checkInputs(model.graph.inputs, inputs, { broadcast: true });
    const [scores, ...activations] = names;
    if (scores === undefined) return {};
    const info = model.info({ scores, shapes });
    const lease = this.loader.lease(model, noTimings(), hooks.waitUntil);
    try {
      const graph = await lease.load(resolveNeeds({ scores, activations }, info));
      const raw = await runRows(graph, checked, undefined, control(hooks));
      const found: Readonly<Record<string, Tensor>> = { ...raw.activations, [scores]: raw.scores };
      return Object.fromEntries(
        model.graph.outputs
          .filter(({ name }) => names.includes(name))
          .map(({ name, dtype }) => [name, cast(found[name] as Tensor, dtype)]),
      );
    } finally {
      lease.release();
    }
  }

  private async explainRow(
    model: Model,
    request: ExplainRequest,
    plan: Plan,
    {
      row,
      inputs,
      baselines,
      batch,
    }: Pick<ExplainContext<unknown>, 'inputs' | 'baselines' | 'batch'> & { readonly row: number },
    lease: GraphLease,
    hooks: ExplainHooks,
    alreadyDone: number,
  ): Promise<{ evaluator: Evaluator; explained: ExplainedRow }> {
    const { info, params } = plan;
    const { method } = plan.entry;
    const space = scoreSpace(model, info);
    const total = plan.cost.forwards + plan.cost.backwards;
    let done = alreadyDone;
    const evaluator = new Evaluator({
      method: method.id,
      graphs: plan.graphs,
      forward: resolveNeeds({}, info),
      load: (needs) => lease.load(needs),
      cost: {
        forwards: plan.cost.forwards / plan.rows - summaryRows(request),
        backwards: plan.cost.backwards / plan.rows,
      },
      control: control(hooks, (rows) => {
        done += rows;
        hooks.progress?.(done, total);
      }),
    });
    const { target: asked } = request;
    const { target, scores } = await evaluator.start(inputs, space, {
      ...(asked !== undefined && {
        choose: (scores: Float32Array) => resolveTarget(asked, space, scores),
        ...(!followsPrediction(asked) && { wanted: resolveTarget(asked, space) }),
      }),
    });
    const shapes = Object.fromEntries(Object.entries(inputs).map(([name, { dims }]) => [name, dims.slice(1)]));
    const finish = (attribution: Attribution): Explained => {
      checkAttribution(method.id, attribution, info, shapes);
      const map = saliencyMap(attribution, info, shapes);
      const { values, standardError } = attribution;
      return { values, ...(map && { map }), ...(standardError !== undefined && { standardError }) };
    };
    const main = await lease.load(Object.values(plan.graphs)[0] as ResolvedNeeds);
    const attribution = await guardedAsync(method, () =>
      evaluator.contain(async () =>
        method.explain({
          params,
          model: info,
          methods: hooks.methods ?? this.methods,
          inputs,
          baselines,
          batch,
          target,
          score: scoreOf(target, scores),
          random: new Random(request.seed ?? 0, row),
          signal: hooks.signal ?? new AbortController().signal,
          batchSize: main.batchSize,
          ahead: this.engine.aside ?? false,
          mixes: main.variant.mixes,
          evaluate: (rows, options) => evaluator.evaluate(rows, options),
          partial: (attribution) =>
            hooks.partial?.(row, finish(typeof attribution === 'function' ? attribution() : attribution)),
        }),
      ),
    );
    if (hooks.signal) throwIfAborted(hooks.signal);
    const finished = finish(attribution);
    const { baselineScore, convergenceDelta } = attribution;
    const ofNeuron = attribution.score !== undefined;
    const outcome = {
      score: attribution.score ?? scoreOf(target, scores),
      ...(baselineScore !== undefined && { baselineScore }),
      ...(convergenceDelta !== undefined && { convergenceDelta }),
    };
    const summary = async (): Promise<Summary> => {
      const evidence = evidenceOf(info, finished, inputs);
      const { strongest } = evidence ?? {};
      const less =
        strongest === undefined ? undefined : withoutPart(info, finished, inputs, strongest, firstRow(baselines));
      const named = (of: Float32Array): string => nameOf(topClasses(of, space, info, 1)[0] as Classified);
      let hidden: HiddenFacts | undefined;
      // The forward row that is left tells of the target, not of a neuron.
      if (evidence && less && !ofNeuron) {
        const graph = await lease.load(resolveNeeds({}, info));
        const then = (await runRows(graph, less.inputs, undefined, control(hooks))).scores.data;
        hooks.progress?.(++done, total);
        hidden = {
          part: (evidence.parts[strongest as number] as { name: string }).name,
          by: less.by,
          score: scoreOf(target, then),
          change: scoreOf(target, then) - outcome.score,
          top: { before: named(scores), after: named(then) },
        };
      }
      const signed = method.about.properties.signed && (params as { absolute?: unknown }).absolute !== true;
      const facts = { target: ofNeuron ? 'the neuron' : nameOf(target), score: outcome.score, signed };
      return summarize({ ...facts, ...(evidence && { evidence }), ...(hidden && { hidden }) });
    };
    const explained: ExplainedRow = {
      target,
      ...outcome,
      diagnostics: diagnose(
        finished.values,
        {
          ...outcome,
          ...(info.probability === 'given' &&
            target.index !== undefined &&
            !ofNeuron && { probability: outcome.score }),
        },
        finished.map,
      ),
      ...(request.summary && { summary: await summary() }),
      top: topClasses(scores, space, info, request.top ?? 5),
      ...finished,
    };
    return { evaluator, explained };
  }
}

/** Rows of baselines that each of `rows` rows is explained with; {@link checkBaselines} refuses what does not fit. */
function baselineRows(baselines: Inputs = {}, rows: number): number {
  const given = Math.max(0, ...Object.values(baselines).map(rowsOf));
  return rows === 1 ? given : Math.min(given, 1);
}

/** Rows that a summary takes, for each row that is explained. */
const summaryRows = ({ summary }: ExplainRequest): number => (summary ? 1 : 0);

const firstRow = (rows: Inputs): Inputs =>
  Object.fromEntries(Object.entries(rows).map(([name, all]) => [name, sliceRows(all, 0, 1)]));

/** What a target or class is called in a sentence. */
const nameOf = ({ index, label }: Pick<Target, 'index' | 'label'>): string =>
  label ?? (index === undefined ? 'the target' : `class ${index}`);

/** One row of each; what has a single row gives that. */
const rowOf = (rows: Inputs, row: number): Inputs =>
  Object.fromEntries(
    Object.entries(rows).map(([name, all]) => [name, rowsOf(all) === 1 ? all : sliceRows(all, row, row + 1)]),
  );

function scoreSpace(model: Model, { scores, scoreSize, labelled }: BoundInfo): ScoreSpace {
  const labels = labelled ? model.labels : undefined;
  // The elements of an inner tensor are neurons, counted from first to last.
  const dense = labelled ? denseLayout(scores.dims.map(Number), labels) : undefined;
  return { scores, size: scoreSize, ...(labels && { labels }), ...(dense && { dense }) };
}

const control = ({ signal, pause }: ExplainHooks, done?: (rows: number) => void): RunControl => ({
  signal: signal ?? new AbortController().signal,
  ...(pause && { pause }),
  ...(done && { done }),
});

function checkBudget({ cost, entry }: Plan, most: number | undefined): void {
  const samples = cost.forwards + cost.backwards;
  if (most === undefined || samples <= most) return;
  throw new WhylightError(
    'budget_exceeded',
    `${entry.method.id} would evaluate ${samples} rows with these parameters, ${most} are allowed: lower its number of samples or steps.`,
    { method: entry.method.id, cost, allowed: most },
  );
}

function wholeRows({ forwards, backwards }: Cost): Cost {
  const whole = (rows: number): boolean => Number.isSafeInteger(rows) && rows >= 0;
  if (whole(forwards) && whole(backwards)) return { forwards, backwards };
  throw new TypeError(`The cost must be in whole rows, not ${forwards} and ${backwards}.`);
}

/** What only the server may say of a request: a plugin that says it would pose as the server. */
const SERVER_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'unsupported_media_type',
  'not_acceptable',
  'not_found',
  'method_not_allowed',
  'unauthorized',
  'forbidden',
  'precondition_failed',
  'conflict',
  'rate_limited',
  'internal',
]);

/** Longer than any message of ours. */
const MOST_WORDS = 2000;

/** A plugin is somebody else's code: what it throws becomes `method_failed`; its cause is for logs, not for clients. */
function failure(method: Method, error: unknown): unknown {
  if (WhylightError.is(error) && !SERVER_CODES.has(error.code) && error.message.length <= MOST_WORDS) return error;
  return new WhylightError('method_failed', `Method "${method.id}" failed.`, { method: method.id }, { cause: error });
}

function guarded<T>(method: Method, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw failure(method, error);
  }
}

async function guardedAsync<T>(method: Method, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw failure(method, error);
  }
}
