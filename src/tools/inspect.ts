/** Inspection of a model before it runs: size, cost, operators and applicable methods. */

import type { CompileRequest, Optimize } from '../core/autodiff/compile.ts';
import { CompileMemo } from '../core/autodiff/compile-memo.ts';
import { decompositionOf } from '../core/autodiff/decompose/decompose.ts';
import { nodesBetween } from '../core/autodiff/differentiate.ts';
import type { Rule } from '../core/autodiff/rule.ts';
import { gradient } from '../core/autodiff/rulesets/gradient.ts';
import { WhylightError } from '../core/errors.ts';
import type { Cost, Needs } from '../core/method/contract.ts';
import { ownNeeds } from '../core/method/contract.ts';
import { parseParams } from '../core/method/params.ts';
import type { MethodRegistry } from '../core/method/registry.ts';
import type { ModelDescription } from '../core/model/description.ts';
import type { TensorInfo } from '../core/model/info.ts';
import type { BoundInfo, Model } from '../core/model/model.ts';
import { CompileBudget, type CompileLimits } from '../core/onnx/compile-budget.ts';
import type { Dim, Graph, Node, ValueInfo } from '../core/onnx/graph.ts';
import { foldConstants } from '../core/onnx/simplify/fold-constants.ts';
import { simplify } from '../core/onnx/simplify.ts';
import { compileFitting } from '../core/plan/compile-variant.ts';
import { countFlops } from '../core/plan/flops.ts';
import { weightBytes } from '../core/plan/machine-memory.ts';
import { wasmBytes } from '../core/plan/memory.ts';
import { type ResolvedNeeds, resolveNeeds, variantKey } from '../core/plan/variant.ts';
import { sizeOf } from '../core/tensor/tensor.ts';

/**
 * Support of an operator by the gradient ruleset: a `rule`, a `surrogate` (a chosen signal, mostly zero, where
 * the derivative says nothing), that it is `rewritten` into operators that have rules, or that it is `missing`. Operators off the way from input to scores are `not needed`.
 */
export type RuleStatus = 'rule' | 'surrogate' | 'rewritten' | 'missing' | 'not needed';

export interface OperatorReport {
  readonly op: string;
  readonly domain: string;
  readonly nodes: number;
  /** For one row, forward. */
  readonly flops: number;
  readonly rule: RuleStatus;
  /** The rule's own remark: the convention at a kink, a limit. */
  readonly note?: string;
}

export interface MethodReport {
  readonly method: string;
  readonly runs: boolean;
  /** Reason for a refusal. */
  readonly reason?: string;
  /** With default parameters. */
  readonly cost?: Cost;
}

/** Report of an inspection: inputs, outputs, operators, cost in FLOPs, memory in bytes, and methods that apply. */
export interface Inspection {
  readonly model: { readonly name: string; readonly digest: string };
  /** Facts about inputs and outputs with their sources, and doubts with the way to settle them. */
  readonly description: ModelDescription;
  readonly inputs: readonly Shaped[];
  readonly outputs: readonly Shaped[];
  /** As written in the file, by domain. */
  readonly opsets: Readonly<Record<string, number>>;
  /** Elements and bytes of the weights, after what is constant was folded. */
  readonly parameters: number;
  readonly weightBytes: number;
  /** For one row. `backward` is what the gradient with respect to the input adds; absent when there is none. */
  readonly flops: { readonly forward: number; readonly backward?: number; readonly unknown: readonly string[] };
  readonly operators: readonly OperatorReport[];
  readonly scores: { readonly tensor: string; readonly dims: readonly Dim[]; readonly probability?: string };
  /** The tensor that CAM methods use, and what else they could. */
  readonly camLayer?: TensorInfo;
  readonly camAlternatives: readonly TensorInfo[];
  readonly memory: MemoryEstimate;
  readonly methods: readonly MethodReport[];
}

export interface Shaped {
  readonly name: string;
  readonly dtype: string;
  /** With the batch; undefined when not even the rank is known. */
  readonly dims?: readonly Dim[];
}

/** Bytes that an isolate would hold, by onnxruntime-web; a Worker may have {@link ISOLATE_BYTES}. */
export interface MemoryEstimate {
  /** Linear memory of the engine once a row has run. */
  readonly forward: number;
  /** With the gradient with respect to the input, by what it is optimised for. */
  readonly gradient?: Readonly<Record<Optimize, number>>;
  /** With the gradient with respect to the CAM layer. */
  readonly cam?: Readonly<Record<Optimize, number>>;
  /** In JavaScript, on top: the weights that the session is made from. */
  readonly weights: number;
  readonly limit: number;
}

export const ISOLATE_BYTES = 128 * 2 ** 20;

/**
 * Inspects a model without running it: size, cost, operators with their rules, memory, and the methods that apply.
 * @param registry methods to try with their default parameters
 * @param opsets operator sets of the file as it was read ({@link declaredOpsets}); a graph in memory is always upgraded
 * @throws WhylightError `invalid_model` when the shape of the scores cannot be inferred
 *
 * @example
 * import { createExplainer, Model } from 'whylight';
 * import { declaredOpsets, inspect } from 'whylight/compiler';
 * const { methods: registry } = createExplainer({ methods: [saliency] });
 * const { flops, memory, methods } = inspect(await Model.read({ bytes }), registry, declaredOpsets(bytes));
 */
export function inspect(model: Model, registry: MethodRegistry, opsets: Readonly<Record<string, number>>): Inspection {
  return lastOf(inspectionSteps(model, registry, opsets));
}

/**
 * {@link inspect} in steps of one compilation at most, so that others can have a turn between them.
 * @param limits upper bounds on each compilation; those of a process when left out
 * @returns the inspection as the generator's own result
 */
export function* inspectionSteps(
  model: Model,
  registry: MethodRegistry,
  opsets: Readonly<Record<string, number>>,
  limits?: CompileLimits,
): Generator<void, Inspection> {
  const info = model.info();
  const source = withFoldedConstants(model, limits);
  yield;
  const forward = simplify(source.graph);
  const counted = countFlops(forward, model.fixedBatch);
  yield;
  const { camLayer, spatialLayers } = info;
  const found = { source, info, outcomes: new Map(), memo: new CompileMemo(), ...(limits && { limits }) };
  const withGradient = yield* eachWay(found, { gradients: 'sources' });
  const cam = camLayer && (yield* eachWay(found, { gradients: [camLayer.name], activations: [camLayer.name] }));
  const all = withGradient && countFlops(withGradient.memory, model.fixedBatch);
  yield;
  const weights = weightBytes(forward);
  return {
    model: { name: model.name, digest: model.digest },
    description: model.description,
    inputs: model.file.inputs.map(shaped),
    outputs: model.file.outputs.map(shaped),
    opsets,
    parameters: sum(forward.constants.values(), ({ dtype, dims }) => (dtype.includes('int64') ? 0 : sizeOf(dims))),
    weightBytes: weights,
    flops: {
      forward: counted.total,
      ...(all && { backward: all.total - counted.total }),
      unknown: [...new Set([...counted.unknown, ...(all?.unknown ?? [])])],
    },
    operators: operators(forward, info, counted.byOperator),
    scores: {
      tensor: info.scores.name,
      dims: info.scores.dims,
      ...(info.probability && { probability: info.probability }),
    },
    ...(camLayer && { camLayer }),
    camAlternatives: spatialLayers.filter(({ name }) => name !== camLayer?.name),
    memory: {
      forward: wasmBytes(forward, undefined, model.fixedBatch),
      ...(withGradient && { gradient: sizes(withGradient) }),
      ...(cam && { cam: sizes(cam) }),
      weights,
      limit: ISOLATE_BYTES,
    },
    methods: yield* reportMethods(found, registry),
  };
}

/** Runs a generator to its end. */
function lastOf<T>(steps: Generator<void, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** The part of a model that variants are compiled from. */
type VariantSource = Pick<Model, 'digest' | 'graph'>;

/**
 * Model whose constants are computed once for all variants: one that normalises its weights has many times their size.
 * Beyond the limits each variant meets them by itself.
 */
function withFoldedConstants({ digest, graph }: Model, limits?: CompileLimits): VariantSource {
  try {
    return { digest, graph: foldConstants(graph, undefined, new CompileBudget(limits)) };
  } catch (error) {
    if (!WhylightError.is(error, 'compilation_limit')) throw error;
    return { digest, graph };
  }
}

/** Errors of the compiler by variant, undefined for a variant that compiles: many methods share one. */
type Outcomes = Map<string, WhylightError | undefined>;

/** Model under inspection, with the outcomes of what was compiled of it. */
interface Inspected {
  readonly source: VariantSource;
  readonly info: BoundInfo;
  readonly outcomes: Outcomes;
  readonly memo: CompileMemo;
  readonly limits?: CompileLimits;
}

/** The graph optimised for memory and for speed, one step for each; undefined when it has no derivative. */
function* eachWay(
  { source, info, outcomes, memo, limits }: Inspected,
  needs: Needs,
): Generator<void, Readonly<Record<Optimize, Graph>> | undefined> {
  const bounds = { memo, ...(limits && { limits }) };
  try {
    const resolved = resolveNeeds(needs, info);
    const memory = compiled(source, resolved, outcomes, bounds);
    yield;
    const speed = compileFitting(source, resolved, 'speed', bounds).graph;
    yield;
    return { memory, speed };
  } catch (error) {
    if (WhylightError.is(error)) return undefined;
    throw error;
  }
}

/** Compiles a variant and notes its outcome. A draft tells the outcome, but no size. */
function compiled(
  source: VariantSource,
  needs: ResolvedNeeds,
  outcomes: Outcomes,
  options: Pick<CompileRequest, 'limits' | 'draft' | 'memo'>,
): Graph {
  const key = variantKey(source, needs, 'memory');
  try {
    const { graph } = compileFitting(source, needs, 'memory', options);
    outcomes.set(key, undefined);
    return graph;
  } catch (error) {
    if (WhylightError.is(error)) outcomes.set(key, error);
    throw error;
  }
}

const sizes = ({ memory, speed }: Readonly<Record<Optimize, Graph>>): Readonly<Record<Optimize, number>> => ({
  memory: wasmBytes(memory),
  speed: wasmBytes(speed),
});

function operators(graph: Graph, info: BoundInfo, flops: ReadonlyMap<string, number>): OperatorReport[] {
  const sources = info.sources.map(({ name }) => name);
  const onPath = new Set(nodesBetween(graph, sources, info.scores.name));
  const groups = new Map<string, Node[]>();
  for (const node of graph.nodes) {
    const name = `${node.domain}:${node.op}`;
    const same = groups.get(name);
    if (same) same.push(node);
    else groups.set(name, [node]);
  }
  return [...groups.values()]
    .map((nodes): OperatorReport => {
      const [{ op, domain }] = nodes as [Node];
      const node = nodes.find((each) => onPath.has(each));
      const rule = node && gradient.rule({ node, first: false, last: false });
      const rewritten = rule || !node ? undefined : decompositionOf(node);
      const note = rule?.note ?? rewritten?.note;
      const status = !node ? 'not needed' : rewritten ? 'rewritten' : statusOf(rule);
      return {
        op,
        domain: domain || 'ai.onnx',
        nodes: nodes.length,
        flops: flops.get(op) ?? 0,
        rule: status,
        ...(note && { note }),
      };
    })
    .sort((a, b) => b.flops - a.flops || b.nodes - a.nodes || (a.op < b.op ? -1 : 1));
}

function statusOf(rule: Rule | undefined): RuleStatus {
  if (!rule) return 'missing';
  return rule.surrogate ? 'surrogate' : 'rule';
}

/**
 * Tries each method with its default parameters, up to the compiled graph.
 * @param limits upper bounds on each compilation; those of a process when left out
 */
export function methodReports(model: Model, registry: MethodRegistry, limits?: CompileLimits): MethodReport[] {
  const source = withFoldedConstants(model, limits);
  const found = { source, info: model.info(), outcomes: new Map(), memo: new CompileMemo() };
  return lastOf(reportMethods({ ...found, ...(limits && { limits }) }, registry));
}

/** Tries each method with its default parameters, up to the compiled graph; one step for each method. */
function* reportMethods(
  { source, info, outcomes, memo, limits }: Inspected,
  registry: MethodRegistry,
): Generator<void, MethodReport[]> {
  const compilable = (needs: ResolvedNeeds): void => {
    const key = variantKey(source, needs, 'memory');
    if (!outcomes.has(key)) compiled(source, needs, outcomes, { draft: true, memo, ...(limits && { limits }) });
    const error = outcomes.get(key);
    if (error) throw error;
  };
  const reports: MethodReport[] = [];
  for (const { method, ...rules } of registry.entries) {
    try {
      const params = parseParams(method, {}, rules);
      for (const needs of Object.values(ownNeeds(method.needs(params, info, registry))))
        compilable(resolveNeeds(needs, info));
      const cost = method.cost(params, info, registry, { baselines: 0 });
      reports.push({ method: method.id, runs: true, cost });
    } catch (error) {
      const kind = error instanceof Error ? error.name : typeof error;
      const reason = WhylightError.is(error)
        ? `${error.code}: ${error.message}`
        : `method_failed: its needs or cost throws (${kind})`;
      reports.push({ method: method.id, runs: false, reason });
    }
    yield;
  }
  return reports;
}

const shaped = ({ name, dtype, dims }: ValueInfo): Shaped => ({ name, dtype, ...(dims && { dims }) });

function sum<T>(items: Iterable<T>, value: (item: T) => number): number {
  let total = 0;
  for (const item of items) total += value(item);
  return total;
}
