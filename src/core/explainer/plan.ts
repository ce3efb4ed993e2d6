/** Plan of an explanation: the request with everything parsed and checked, and its cost. Nothing has run yet. */

import { WhylightError } from '../errors.ts';
import type { Cost, Method, MethodSource, Needs } from '../method/contract.ts';
import { namedNeeds } from '../method/contract.ts';
import { parseParams } from '../method/params.ts';
import type { MethodRegistry, PluginEntry } from '../method/registry.ts';
import { reasonOf, unknownId } from '../model/id-tables.ts';
import { checkBaselines, checkInputs, spreadBaselines } from '../model/inputs.ts';
import type { BoundInfo, Model } from '../model/model.ts';
import { denseLayout, type ScoreSpace } from '../model/score-space.ts';
import { resolveTarget } from '../model/target.ts';
import { followsPrediction, type Target, type TargetRequest } from '../model/target-request.ts';
import { type ResolvedNeeds, resolveNeeds } from '../plan/variant.ts';
import type { TaskTarget } from '../task/task.ts';
import { type Inputs, rowsOf, spreadRows } from '../tensor/rows.ts';
import { askedOnce } from './asked-once.ts';
import { checkModality, methodsFor } from './method-modality.ts';
import { halvesInside } from './overflow.ts';
import { guarded } from './plugin-fault.ts';
import { modelView } from './plugin-view.ts';
import type { ExplainRequest } from './request.ts';
import { infosOfRows } from './row-features.ts';

/**
 * Steps and cost of an explanation. Made once by {@link Explainer.plan}; estimates, runs and metrics take it as it is.
 * @see Explainer.run
 */
export interface Plan {
  /** Time that the plan itself took, of which `needs` and `cost` of the method are a part; 0 where it was not measured. */
  readonly milliseconds: number;
  readonly model: Model;
  /** The request that this is the plan of. */
  readonly request: ExplainRequest;
  readonly entry: PluginEntry;
  /** Methods that wrapper methods may use. */
  readonly methods: MethodSource;
  /** Parameters after defaults. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly seed: number;
  readonly info: BoundInfo;
  readonly space: ScoreSpace;
  /** Target of every row, unless it depends on the prediction. */
  readonly target?: Target;
  /** Graphs that the method evaluates, by name; the first is the main one. */
  readonly graphs: Readonly<Record<string, ResolvedNeeds>>;
  /** Needs of graphs of other models, by name: these models are opened when the method first runs. */
  readonly others: Readonly<Record<string, Needs>>;
  /** Checked inputs, [rows, ...]; see {@link checkInputs}. */
  readonly inputs: Inputs;
  /** Checked baselines; see {@link checkBaselines}. */
  readonly baselines: Inputs;
  /** Checked background rows, for a method that takes them; no inputs otherwise. */
  readonly background: Inputs;
  readonly rows: number;
  /** Cost of one row as the method states it, without a summary; that of the dearest where rows differ in their features. */
  readonly rowCost: Cost;
  /** Cost of all rows; with summaries an upper bound, because a row without positive values is not evaluated again. */
  readonly cost: Cost;
}

/** Facts that the caller of {@link Explainer.plan} knows already. */
export interface PlanOptions {
  /** Methods that wrapper methods may use; every built-in one when left out. */
  readonly methods?: MethodSource;
  /** Entry of the method in place of that of the registry: the same method with files of a tenant. */
  readonly entry?: PluginEntry;
  /** True if `request.params` come from `parseParams`, with defaults and under stricter rules than the plugin's. */
  readonly paramsParsed?: boolean;
  /** Tells if the target of the request is found in the answer of the model, by its task. */
  readonly isChosenByTask?: (model: Model, request: ExplainRequest) => boolean;
}

/**
 * Plans a request.
 * @throws WhylightError `method_not_found`, `invalid_request`, `invalid_tensor`, `layer_not_found`, `label_not_found`,
 * `unprocessable_method`, `method_failed`
 */
export function planRequest(
  registry: MethodRegistry,
  described: Model,
  request: ExplainRequest,
  { methods = registry, entry = registry.get(request.method), paramsParsed = false, isChosenByTask }: PlanOptions = {},
): Plan {
  const seed = checkSeed(request.seed ?? 0);
  const model = withTarget(described.corrected(request.corrections), request.taskTarget);
  const params = paramsParsed ? (request.params ?? {}) : parseParams(entry.method, request.params, entry);
  const { inputs, rows, shapes } = checkInputs(model, request.inputs);
  const baselines = request.baselines
    ? checkBaselines(model, spreadBaselines(request.baselines, request.inputs), rows)
    : {};
  const info = infoFor(model, request, shapes);
  refuseDoubtful(model, info);
  refuseUnknownIds(model, info, params);
  const space = scoreSpace(model, info);
  const target = isChosenByTask?.(model, request) ? undefined : fixedTarget(request, space);
  const fixed = target ? { target } : {};
  // For one row there may be any number of them.
  const background = backgroundOf(model, entry.method, request);
  const settled = {
    milliseconds: 0,
    background,
    model,
    request,
    entry,
    methods,
    seed,
    info,
    space,
    inputs,
    baselines,
    rows,
    ...fixed,
  };
  return withNeeds(settled, params);
}

/** Checked background rows of the model, as many as the method takes. */
function backgroundOf(model: Model, { background }: Method, { background: rows }: ExplainRequest): Inputs {
  if (!background || !rows) return {};
  const all = checkBaselines(model, rows, 1);
  return background === true ? all : spreadRows(all, background);
}

/** The target of every row; undefined where it depends on the prediction. It is checked in any case. */
function fixedTarget({ target, taskTarget }: ExplainRequest, space: ScoreSpace): Target | undefined {
  if (taskTarget) {
    const { weights } = resolveTarget({ weights: taskTarget.weights }, space);
    const { class: index, label } = taskTarget;
    return { weights, ...(index !== undefined && { index }), ...(label !== undefined && { label }) };
  }
  if (target === undefined) return undefined;
  const resolved = resolveTarget(target, space);
  return followsPrediction(target) ? undefined : resolved;
}

/**
 * The plan of the same request with other parameters. The inputs are not checked again.
 * @param params after `parseParams`
 * @throws WhylightError `unprocessable_method`, `layer_not_found`, `method_failed`
 */
export const planWithParams = (plan: Plan, params: Readonly<Record<string, unknown>>): Plan =>
  withNeeds({ ...plan, request: { ...plan.request, params } }, params);

/**
 * The plan of the same request for another target, looked up in the scores.
 * @throws WhylightError `label_not_found`, `invalid_request`
 */
export function planForTarget({ target: _, ...plan }: Plan, target: TargetRequest): Plan {
  const request = { ...plan.request, target };
  const fixed = fixedTarget(request, plan.space);
  return { ...plan, request, ...(fixed && { target: fixed }) };
}

/**
 * The plan of the same request for the target that a task chose in the answer of the model.
 * @throws WhylightError `unprocessable_method`, `layer_not_found`, `method_failed`
 */
export function planWithTarget({ target: _, ...plan }: Plan, taskTarget: TaskTarget): Plan {
  const settled = settledFor(plan, taskTarget);
  const { differentiated } = taskTarget;
  const needsGradients = Object.values(settled.graphs).some(({ gradients }) => gradients.length > 0);
  if (!differentiated || !needsGradients) return settled;
  if (!('refusal' in differentiated)) return settledFor(plan, { ...taskTarget, ...differentiated });
  throw new WhylightError('unprocessable_method', differentiated.refusal, { parameter: 'box_score' });
}

function settledFor(plan: Omit<Plan, 'target'>, taskTarget: TaskTarget): Plan {
  const { inputs, params } = plan;
  const model = withTarget(plan.model, taskTarget);
  const shapes = Object.fromEntries(
    Object.entries(inputs).map(([name, { dims }]) => [name, model.places[name] === 'whole' ? dims : dims.slice(1)]),
  );
  const request = { ...plan.request, taskTarget };
  const info = infoFor(model, request, shapes);
  const space = scoreSpace(model, info);
  const target = fixedTarget(request, space);
  return withNeeds({ ...plan, model, request, info, space, ...(target && { target }) }, params);
}

/** Facts for methods; where one element is explained, the layer for CAM methods is that of the element. */
function infoFor(
  model: Model,
  { scores, taskTarget }: Pick<ExplainRequest, 'scores' | 'taskTarget'>,
  shapes: Readonly<Record<string, readonly number[]>>,
): BoundInfo {
  const info = model.info({ scores: taskTarget?.output ?? scores, shapes });
  const [only, ...others] = taskTarget?.weights ?? [];
  if (!only || others.length > 0) return info;
  const { element, extent } = taskTarget ?? {};
  const explained = { index: element?.index ?? only.index, tensor: element?.output, extent };
  let cam: { readonly layer: BoundInfo['camLayer'] } | undefined;
  const camLayer = {
    enumerable: true,
    get() {
      cam ??= { layer: info.camLayerOf(explained) };
      return cam.layer;
    },
  };
  // Getters stay what they are: a copy by spread would compute the layer of all elements.
  const isLocal = { enumerable: true, value: taskTarget?.extent !== undefined };
  return Object.defineProperties({} as BoundInfo, { ...Object.getOwnPropertyDescriptors(info), camLayer, isLocal });
}

/** The model with the tensor that a task's target is made of, where the model itself has none. */
export const withTarget = (model: Model, target: TaskTarget | undefined): Model =>
  target?.build ? model.withTensor(target.output, target.build) : model;

const FIRST_IS_OWN = "The first graph of needs is one of the request's model: name a graph of another model after it.";

/** Adds what follows from the parameters. */
function withNeeds(
  settled: Omit<Plan, 'params' | 'graphs' | 'others' | 'rowCost' | 'cost'>,
  params: Readonly<Record<string, unknown>>,
): Plan {
  const { entry, model, info, methods, rows, baselines, request } = settled;
  const { method } = entry;
  checkModality(method, model, info);
  const asked = JSON.stringify(params);
  const needs = askedOnce({ method, methods, info }, `needs ${asked}`, () =>
    guarded(method, () => method.needs(params, modelView(info), methodsFor(methods, model, info))),
  );
  const named = Object.entries(namedNeeds(needs));
  if (named[0]?.[1].model !== undefined) throw new WhylightError('method_failed', FIRST_IS_OWN, { method: method.id });
  const own = named.filter(([, { model }]) => model === undefined);
  const graphs = Object.fromEntries(own.map(([name, graph]) => [name, resolveNeeds(graph, info)]));
  const count = Math.max(0, ...Object.values(settled.background).map(rowsOf));
  const given = { baselines: count > 0 ? count : baselineRows(baselines, rows) };
  const costs = infosOfRows(info, request, rows).map((alike) => ({
    each: askedOnce({ method, methods, info: alike.info }, `cost ${given.baselines} ${asked}`, () =>
      guarded(method, () => wholeRows(method.cost(params, modelView(alike.info), methods, given))),
    ),
    rows: alike.rows,
  }));
  const most = (key: keyof Cost): number => Math.max(0, ...costs.map(({ each }) => each[key]));
  const all = (key: keyof Cost): number => costs.reduce((sum, { each, rows: count }) => sum + each[key] * count, 0);
  // A row for the summary, and one that looks for what float16 cannot hold.
  const beside = Number(request.summary === true) + Number(halvesInside({ model, info }).length > 0);
  return {
    ...settled,
    params,
    graphs,
    others: Object.fromEntries(named.filter(([, { model }]) => model !== undefined)),
    rowCost: { forwards: most('forwards'), backwards: most('backwards') },
    cost: { forwards: all('forwards') + beside * rows, backwards: all('backwards') },
  };
}

/** @throws WhylightError `invalid_request` for a baseline that is an id which the model does not know */
function refuseUnknownIds(
  { idTables }: Model,
  { inputs }: BoundInfo,
  { baseline }: Readonly<Record<string, unknown>>,
): void {
  if (typeof baseline !== 'number') return;
  for (const { name, dims } of inputs) {
    const last = dims.at(-1);
    const columns = typeof last === 'number' ? last : 1;
    const unknown = unknownId(idTables.get(name) ?? [], Array<number>(columns).fill(baseline), columns);
    if (!unknown) continue;
    const message = `The baseline of the input "${name}" is ${baseline}, ${reasonOf(unknown)}`;
    throw new WhylightError('invalid_request', message, { issues: [{ parameter: 'baseline', message }] });
  }
}

/** @throws WhylightError `unprocessable_method` where an explanation of the output would be wrong, with the way out */
function refuseDoubtful({ description }: Model, { labelled }: BoundInfo): void {
  const doubt = labelled ? description.doubts.find(({ blocking }) => blocking) : undefined;
  if (doubt)
    throw new WhylightError('unprocessable_method', doubt.message, { about: doubt.about, tensor: doubt.tensor });
}

/** @throws WhylightError `budget_exceeded` */
export function checkBudget({ cost, entry }: Plan, maxSamples: number | undefined): void {
  const samples = cost.forwards + cost.backwards;
  if (maxSamples === undefined || samples <= maxSamples) return;
  throw new WhylightError(
    'budget_exceeded',
    `${entry.method.id} would evaluate ${samples} rows with these parameters, ${maxSamples} are allowed: lower its number of samples or steps.`,
    { method: entry.method.id, cost, allowed: maxSamples },
  );
}

/** The classes, and where they are dense the positions, that a target of these scores may name. */
export function scoreSpace(model: Model, { scores, scoreSize, labelled, classAxis }: BoundInfo): ScoreSpace {
  if (!(scoreSize > 0)) {
    throw new WhylightError(
      'invalid_model',
      `The scores "${scores.name}" have the shape [N, ${scores.dims.join(', ')}]: it must be known before the run.`,
      { tensor: scores.name, dims: scores.dims },
    );
  }
  const labels = labelled ? model.labels : undefined;
  // The elements of an inner tensor are neurons, counted from first to last.
  const dense = labelled ? denseLayout(scores.dims.map(Number), labels, classAxis) : undefined;
  return { scores, size: scoreSize, ...(labels && { labels }), ...(dense && { dense }) };
}

function checkSeed(seed: number): number {
  if (Number.isSafeInteger(seed) && seed >= 0) return seed;
  throw new WhylightError('invalid_request', `The seed must be a non-negative integer, but ${seed} was given.`, {
    seed,
  });
}

/** Rows of baselines that each of `rows` rows is explained with. */
function baselineRows(baselines: Inputs, rows: number): number {
  const count = Math.max(0, ...Object.values(baselines).map(rowsOf));
  return rows === 1 ? count : Math.min(count, 1);
}

function wholeRows({ forwards, backwards }: Cost): Cost {
  const whole = (rows: number): boolean => Number.isSafeInteger(rows) && rows >= 0;
  if (whole(forwards) && whole(backwards)) return { forwards, backwards };
  throw new TypeError(`The cost must be in whole rows, not ${forwards} and ${backwards}.`);
}
