/** Preparation of a model: every graph that some methods need, compiled ahead, with the facts to run them. */
import type { Optimize } from '../autodiff/compile.ts';
import type { Ruleset } from '../autodiff/ruleset.ts';
import { rulesets, withRules } from '../autodiff/rulesets/index.ts';
import { WhylightError } from '../errors.ts';
import type { Needs } from '../method/contract.ts';
import { namedNeeds } from '../method/contract.ts';
import { parseParams } from '../method/params.ts';
import type { MethodRegistry } from '../method/registry.ts';
import type { BoundInfo, Model } from '../model/model.ts';
import type { RulesetTraits } from '../model/prepared-model.ts';
import { COMPILE_LIMITS } from '../onnx/compile-budget.ts';
import { hasOpenShapes } from '../plan/bind-rows.ts';
import { graphCompiler } from '../plan/compile-variant.ts';
import { storeKey } from '../plan/loader.ts';
import { PREPARED_FORMAT, type Prepared } from '../plan/prepared-graphs.ts';
import { type StoredGraph, storeGraph } from '../plan/stored-graph.ts';
import { type ResolvedNeeds, resolveNeeds, variantKey } from '../plan/variant.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { modelFacts } from './model-facts.ts';

/** A method with the parameters that its graphs are compiled for; its defaults when left out. */
export interface MethodToPrepare {
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

/** Explainers of prepared models run in isolates, where memory is short. */
export const OPTIMIZE: Optimize = 'memory';

/**
 * Compiles the graphs of some methods ahead.
 * @param methods the methods, each as often as it has parameters that change its graphs, such as `target_layer`
 * @throws WhylightError `unprocessable_method` for a model with dims that only a request settles; `method_not_found`,
 * `invalid_request`, `not_differentiable`
 */
export function prepare(model: Model, methods: readonly MethodToPrepare[], registry: MethodRegistry): Prepared {
  if (!isPreparable(model)) {
    throw new WhylightError(
      'unprocessable_method',
      'The rows of the model have dims that only a request settles: export it with fixed dims to prepare it.',
      { inputs: model.graph.inputs.map(({ name, dims }) => ({ name, dims })) },
    );
  }
  const info = model.info();
  const { wanted, used } = needsOf(model, methods, registry);
  const pool = new WeightPool(model);
  const graphs = [...wanted].map(
    ([key, needs]) => [storeKey(model, key), pool.share(compiled(model, key, needs))] as const,
  );
  return {
    format: PREPARED_FORMAT,
    methods: [...new Set(methods.map(({ method }) => method))],
    graphs: Object.fromEntries(graphs),
    rowFlops: graphCompiler.rowFlops(model, {}),
    rowWork: graphCompiler.rowWork(model, undefined),
    facts: { ...modelFacts(model, tensorNames(info, [...wanted.values()])), rulesets: traitsOf(used) },
    weights: pool.weights,
  };
}

/** True if the rows of the model have no dims that only a request settles. */
export const isPreparable = (model: Model): boolean => !hasOpenShapes(model.graph);

/**
 * Lists the graphs that predictions and some methods need, by {@link variantKey}, with the rulesets behind them.
 * @throws WhylightError `unprocessable_method` for methods that load models of their own; `method_not_found`,
 * `invalid_request`
 */
export function needsOf(
  model: Model,
  methods: readonly MethodToPrepare[],
  registry: MethodRegistry,
): { readonly wanted: ReadonlyMap<string, ResolvedNeeds>; readonly used: ReadonlyMap<string, Ruleset> } {
  const info = model.info();
  const wanted = new Map<string, ResolvedNeeds>();
  const used = new Map<string, Ruleset>();
  const add = (needs: Needs): void => {
    const resolved = resolveNeeds(needs, info);
    wanted.set(variantKey(model, resolved, OPTIMIZE), resolved);
    const ruleset = withRules(resolved.ruleset);
    if (rulesets.get(ruleset.id) === ruleset) used.set(ruleset.id, ruleset);
  };
  // Predictions and summaries.
  add({});
  for (const { method: id, params = {} } of methods) {
    const entry = registry.get(id);
    if (entry.method.setup)
      throw new WhylightError(
        'unprocessable_method',
        `${id} loads models or data of its own, and cannot be prepared.`,
        { method: id },
      );
    for (const needs of Object.values(
      namedNeeds(entry.method.needs(parseParams(entry.method, params, entry), info, registry)),
    ))
      add(needs);
  }
  return { wanted, used };
}

function compiled(model: Model, key: string, needs: ResolvedNeeds): StoredGraph {
  const graph = graphCompiler.compile(model, needs, { optimize: OPTIMIZE, limits: COMPILE_LIMITS });
  const stored = storeGraph(graph.describe(key), graph.file(), model, Number.POSITIVE_INFINITY);
  if (stored) return stored;
  throw new WhylightError('unprocessable_method', 'A model that takes words cannot be prepared.', {});
}

/** Weights of all graphs, each once. */
class WeightPool {
  readonly weights: Record<string, Tensor<'uint8'>> = {};
  private readonly model: Model;

  constructor(model: Model) {
    this.model = model;
  }

  /** The same graph with all of its weights in the pool. */
  share(graph: StoredGraph): StoredGraph {
    const external = graph.external.map((file) => ({
      ...file,
      parts: file.parts.map((part) => ({
        offset: part.offset,
        constant: 'own' in part ? this.own(part.own) : this.constant(part.constant),
      })),
    }));
    return { ...graph, external };
  }

  private constant(name: string): string {
    const bytes = this.model.graph.constants.get(name)?.bytes as Uint8Array<ArrayBuffer>;
    this.weights[name] ??= { dtype: 'uint8', dims: [bytes.length], data: bytes };
    return name;
  }

  private own(tensor: Tensor<'uint8'>): string {
    const same = Object.entries(this.weights).find(([, { data }]) => isSame(data, tensor.data));
    if (same) return same[0];
    const name = `compiled/${Object.keys(this.weights).length}`;
    this.weights[name] = tensor;
    return name;
  }
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);

/** Names of the tensors that methods may ask for: those of the facts, and those of the graphs. */
function tensorNames(info: BoundInfo, needs: readonly ResolvedNeeds[]): string[] {
  const { inputs, held, sources, scores, camLayer, spatialLayers } = info;
  const named = [...inputs, ...held, ...sources, scores, ...(camLayer ? [camLayer] : []), ...spatialLayers];
  const needed = needs.flatMap(({ scores: own, gradients, activations, echoes, feeds }) => [
    own,
    ...gradients,
    ...activations,
    ...echoes,
    ...feeds,
  ]);
  return [...new Set([...named.map(({ name }) => name), ...needed])];
}

const traitsOf = (used: ReadonlyMap<string, Ruleset>): Record<string, RulesetTraits> =>
  Object.fromEntries(
    [...used].map(([id, { reference, otherInputs }]) => [
      id,
      { ...(reference && { reference }), ...(otherInputs && { otherInputs }) },
    ]),
  );
