/**
 * Reads `cases.json`: hand-checkable cases, each with its model written out as a graph, its input, the expected numbers
 * and its own tolerance. `meta.how_to_read` in the file explains the fields. Whatever no method of ours covers comes
 * back as skipped, under its own name.
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '../../src/core/json.ts';
import type { Model } from '../../src/core/model/model.ts';
import type { TargetRequest } from '../../src/core/model/target-request.ts';
import { sizeOf, tensor } from '../../src/core/tensor/tensor.ts';
import type { ArrayText } from './array-text.ts';
import { type Comparison, type Example, type Expected, type Norm, skipped } from './comparison.ts';
import { CAM_FORMULAS, CASE_METHODS } from './entries.ts';
import { type GraphText, modelFromText } from './graph-text.ts';
import { infidelityCase } from './infidelity.ts';
import { invariant, type Subjects } from './invariants.ts';
import { type MetricTable, metricTable } from './metric-table.ts';
import { row } from './rows.ts';
import { type QuadratureTable, quadratureTable } from './tables.ts';
import { inWords, type WordsCase } from './words.ts';

interface Case {
  readonly id: string;
  readonly method: string;
  readonly model: string;
  /** By input name; a vector names its model's own input instead. */
  readonly inputs?: Readonly<Record<string, ArrayText>>;
  readonly extra_inputs?: Readonly<Record<string, ArrayText>>;
  readonly expected?: Readonly<Record<string, ArrayText>>;
  readonly tolerance: { readonly value: number; readonly mode: string };
  readonly target?: number | 'sum' | null;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly baselines?: Readonly<Record<string, number | ArrayText>>;
  readonly layer?: string;
  readonly neuron?: number;
  readonly attr_dim_summation?: boolean;
  readonly layer_baselines?: number;
  readonly layer_mask?: ArrayText;
  readonly attribute_to_layer_input?: boolean;
  /** By input name. */
  readonly feature_mask?: Readonly<Record<string, ArrayText>>;
  readonly convergence_delta?: { readonly tolerance?: number };
}

interface ModelText {
  readonly graph: GraphText;
  readonly layers?: Readonly<Record<string, string>>;
  readonly input?: ArrayText;
  readonly target?: number;
}

interface PropertyCase {
  readonly id: string;
  readonly method: string;
  readonly model: string;
  readonly target: number;
  readonly baseline: number | ArrayText;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly assert: string;
  readonly F_diff: number;
}

interface CasesFile {
  readonly models?: Readonly<Record<string, ModelText>>;
  readonly vector_models?: Readonly<Record<string, ModelText>>;
  readonly cases?: readonly Case[];
  readonly vectors?: readonly Case[];
  readonly property_cases?: readonly PropertyCase[];
  readonly external_cases?: readonly WordsCase[];
  readonly cam_formula_table?: {
    readonly activations: ArrayText;
    readonly gradients: ArrayText;
    readonly maps: Readonly<Record<string, ArrayText>>;
  };
  readonly quadrature?: Readonly<Record<string, QuadratureTable>>;
  readonly metric_table?: MetricTable;
  readonly invariants?: readonly { readonly name: string }[];
}

/** Every case of `<folder>/cases.json`. */
export async function readCases(folder: string, name: string): Promise<Comparison[]> {
  const path = join(folder, 'cases.json');
  const file = parseJson(await readFile(path, 'utf8'), path) as CasesFile;
  const models = { ...file.models, ...file.vector_models };
  return [
    ...(file.cases ?? []).flatMap((it) => split(it, models[it.model]).map((one) => comparison(one, models[it.model]))),
    ...(file.vectors ?? []).map((it) => comparison(asCase(it, models[it.model]), models[it.model])),
    ...(file.property_cases ?? []).map((it) => completeness(it, models[it.model])),
    ...camFormulas(file.cam_formula_table),
    ...(file.external_cases ?? []).map((it) => inWords(name, it)),
    ...Object.entries(file.quadrature ?? {}).map(([rule, table]) => quadratureTable(name, rule, table)),
    ...metricTable(file.metric_table ?? {}, name),
    ...(file.invariants ?? []).map((it) => invariant(name, it.name, subjectsOf(models))),
  ];
}

/** The models of the file, with the input that each brings or the given one. */
function subjectsOf(models: Readonly<Record<string, ModelText>>): Subjects {
  return async (name, given) => {
    const text = models[name];
    if (!text) throw new Error(`the file has no graph of ${name}`);
    const arrays = given
      ? Object.entries(given).map(([key, data]) => [key, { shape: [1, data.length], data }] as const)
      : text.graph.inputs.slice(0, 1).map(({ name: key }) => [key, text.input ?? { shape: [0], data: [] }] as const);
    return {
      model: await modelFromText(text.graph, shapesOf(Object.fromEntries(arrays))),
      inputs: Object.fromEntries(arrays.map(([key, { shape, data }]) => [key, tensor('float32', shape, data)])),
      target: text.target ?? 0,
    };
  };
}

/** Captum's methods that walk all tensors of a layer at once. */
const MOVES_LAYERS_TOGETHER = new Set(['LayerIntegratedGradients']);

/** Window lists of an occlusion case, one for each input in the graph's order. */
const WINDOW_LISTS = ['sliding_window_shapes', 'strides'] as const;

/**
 * One case may be several calls of ours: a layer that stands for several tensors is one for each of them, windows that
 * differ between inputs are one for each input (each input is covered for itself).
 */
function split(given: Case, model: ModelText | undefined): Case[] {
  const { id, layer, expected = {}, params = {} } = given;
  const tensors = Object.entries(expected);
  const part = ([name, values]: [string, ArrayText]) => ({
    ...given,
    id: `${id}/${name}`,
    expected: { [name]: values },
  });
  const lists = WINDOW_LISTS.map((key) => [key, (params[key] ?? []) as readonly unknown[]] as const);
  if (lists.some(([, list]) => new Set(list.map((one) => JSON.stringify(one))).size > 1)) {
    const order = model?.graph.inputs.map(({ name }) => name) ?? [];
    return tensors.map(([name, values]) => {
      const own = lists.flatMap(([key, list]) =>
        list.length > 0 ? [[key, [list[order.indexOf(name)]]] as const] : [],
      );
      return { ...part([name, values]), params: { ...params, ...Object.fromEntries(own) } };
    });
  }
  if (MOVES_LAYERS_TOGETHER.has(given.method)) return [given];
  const severalTensors = layer !== undefined && model?.layers?.[layer] === undefined && tensors.length > 1;
  if (!severalTensors || !tensors.every(([name]) => isTensor(model, name))) return [given];
  return tensors.map(([name, values]) => ({ ...part([name, values]), layer: name }));
}

const isTensor = (model: ModelText | undefined, name: string): boolean =>
  model?.graph.nodes.some(({ outputs }) => outputs.includes(name)) ?? false;

/** A vector, which leaves input and target to its model, spelled as a case. */
function asCase(vector: Case, model: ModelText | undefined): Case {
  const input = model?.graph.inputs[0]?.name;
  return {
    ...vector,
    ...(input && model.input && { inputs: { [input]: model.input } }),
    expected: Object.fromEntries(
      // A map that has no tensor's name, such as `patches`, is the only one that the method gives.
      Object.entries(vector.expected ?? {}).map(([name, map]) => [
        name === input || isTensor(model, name) ? name : '*',
        map,
      ]),
    ),
    target: vector.target ?? model?.target,
    convergence_delta: undefined,
  };
}

function comparison(given: Case, model: ModelText | undefined): Comparison {
  const { id, method, expected = {}, params = {} } = given;
  if (method === 'metric:infidelity' && model) {
    return infidelityCase(
      given,
      lazily(() => modelFromText(model.graph, shapesOf(given.inputs ?? {}))),
    );
  }
  const reason = uncovered(given, model);
  const recipeOf = CASE_METHODS[method];
  if (reason !== undefined || !model || !recipeOf) {
    return skipped(given.model, id, reason ?? `no method for ${method}`);
  }
  const inputs = { ...given.inputs, ...given.extra_inputs };
  const recipe = recipeOf({
    params,
    baseline: baselineOf(given),
    layer: given.attribute_to_layer_input
      ? Object.keys(expected)[0]
      : given.layer && (model.layers?.[given.layer] ?? given.layer),
    window: windows(given, 'sliding_window_shapes', 'window'),
    strides: windows(given, 'strides', 'stride'),
    layers: Object.keys(expected),
    neuron: given.neuron,
    layerBaseline: given.layer_baselines,
    layerMask: given.layer_mask?.data,
    summed: given.attr_dim_summation,
    tensorOf: (layer) => model.layers?.[layer] ?? layer,
  });
  return {
    model: given.model,
    entry: id,
    recipe,
    load: lazily(() => modelFromText(model.graph, shapesOf(inputs))),
    examples: async () =>
      rowsOf(inputs, expected, given.neuron ?? given.target ?? 'sum', {
        baselines: baselineArrays(given, inputs),
        featureMasks: featureMasks(given, model),
        convergenceDelta: given.convergence_delta?.tolerance,
      }),
    norm: normOf(given.tolerance.mode),
    tolerance: given.tolerance.value,
  };
}

/** Why our methods cannot say what this case asks for; undefined when they can. */
function uncovered(given: Case, model: ModelText | undefined): string | undefined {
  const { method, layer } = given;
  if (!(method in CASE_METHODS)) return `no method for ${method}`;
  if (!model) return `the file has no graph of ${given.model}`;
  if (layer && !MOVES_LAYERS_TOGETHER.has(method) && model.layers && !(layer in model.layers))
    return `layer ${layer} stands for several tensors`;
  return undefined;
}

/** The number that every input and element has as baseline; undefined when there is no such number. */
function baselineOf({ baselines = {}, params = {} }: Case): number | undefined {
  const values = new Set(Object.values(baselines).flatMap((it) => (typeof it === 'number' ? [it] : it.data)));
  if (values.size === 1) return [...values][0];
  return typeof params.baseline === 'number' ? params.baseline : undefined;
}

/**
 * Baselines that are numbers of their own for each input or element, by input name. An input that is not attributed is
 * held fixed: it is its own baseline.
 */
function baselineArrays(
  { baselines = {}, params = {}, extra_inputs = {} }: Case,
  inputs: Readonly<Record<string, ArrayText>>,
): Record<string, ArrayText> {
  const own = params.baseline as ArrayText | number | undefined;
  const given =
    typeof own === 'object'
      ? Object.fromEntries(Object.keys(inputs).map((name) => [name, own]))
      : { ...extra_inputs, ...baselines };
  return Object.fromEntries(
    Object.entries(given).map(([name, it]) => {
      const { shape = [], data = [] } = inputs[name] ?? {};
      if (typeof it === 'number') return [name, { shape, data: data.map(() => it) }];
      // One for every example may come without the batch.
      return [name, it.shape.length < shape.length ? { ...it, shape: [1, ...it.shape] } : it];
    }),
  );
}

/** Windows come as a list for each input, or plainly. */
function windows({ params = {} }: Case, listKey: string, plainKey: string): readonly number[] | undefined {
  return (params[listKey] as number[][] | undefined)?.[0] ?? (params[plainKey] as number[] | undefined);
}

function rowsOf(
  inputs: Readonly<Record<string, ArrayText>>,
  expected: Readonly<Record<string, ArrayText>>,
  target: TargetRequest,
  {
    baselines = {},
    featureMasks = [],
    convergenceDelta,
  }: {
    baselines?: Readonly<Record<string, ArrayText>>;
    featureMasks?: readonly ArrayText[];
    convergenceDelta?: number;
  } = {},
): Example[] {
  const tensors = Object.entries(inputs).map(
    ([key, { shape, data }]) => [key, tensor('float32', shape, data)] as const,
  );
  const count = tensors[0]?.[1].dims[0] ?? 0;
  return Array.from({ length: count }, (_, i) => ({
    inputs: Object.fromEntries(tensors.map(([key, batch]) => [key, row(batch, i)])),
    target,
    expected: Object.fromEntries(Object.entries(expected).map(([key, array]) => [key, exampleOf(array, i)])),
    baselines: Object.fromEntries(
      Object.entries(baselines).map(([key, { shape, data }]) => [
        key,
        row(tensor('float32', shape, data), shape[0] === 1 ? 0 : i),
      ]),
    ),
    ...(featureMasks.length > 0 && {
      params: { feature_mask: featureMasks.flatMap((mask) => [...exampleOf(mask, mask.shape[0] === 1 ? 0 : i).data]) },
    }),
    ...(convergenceDelta !== undefined && { convergenceDelta }),
  }));
}

/** The masks of a case in the order of the graph's inputs; none when it has none. */
function featureMasks({ feature_mask, params = {} }: Case, model: ModelText): readonly ArrayText[] {
  const own = params.feature_mask as ArrayText | undefined;
  if (own) return [own];
  return feature_mask ? model.graph.inputs.map(({ name }) => feature_mask[name] as ArrayText) : [];
}

function exampleOf({ shape, data }: ArrayText, i: number): Expected {
  const size = sizeOf(shape.slice(1));
  return { dims: [1, ...shape.slice(1)], data: Float32Array.from(data.slice(i * size, (i + 1) * size)) };
}

/** `sum(attribution) = F(x) - F(baseline)`, with the difference given. */
function completeness(given: PropertyCase, model: ModelText | undefined): Comparison {
  const { id, method, baseline, target } = given;
  const recipeOf = CASE_METHODS[method];
  if (!model?.input) return skipped(given.model, id, `the file has no graph of ${given.model}`);
  if (!recipeOf) return skipped(given.model, id, `no method for ${method}`);
  const inputs = { [model.graph.inputs[0]?.name as string]: model.input };
  const [value] = /[\d.]+e-?\d+/.exec(given.assert) ?? ['0'];
  const relative = given.assert.includes('max(1');
  return {
    model: given.model,
    entry: id,
    recipe: recipeOf({ params: given.params ?? {}, layers: [], ...(typeof baseline === 'number' && { baseline }) }),
    load: lazily(() => modelFromText(model.graph, shapesOf(inputs))),
    examples: async () =>
      rowsOf(inputs, {}, target, {
        baselines:
          typeof baseline === 'number' ? {} : Object.fromEntries(Object.keys(inputs).map((name) => [name, baseline])),
      }).map((example) => ({ ...example, sum: given.F_diff })),
    norm: 'max',
    tolerance: Number(value) * (relative ? Math.max(1, Math.abs(given.F_diff)) : 1),
  };
}

/**
 * Raw CAM maps for one pair of activations and gradients, run on a graph made to have just these: the layer is the
 * input behind a ReLU that does nothing, and the score is its product with the gradients, summed.
 */
function camFormulas(table: CasesFile['cam_formula_table']): Comparison[] {
  if (!table) return [];
  const { activations, gradients, maps } = table;
  const load = lazily(() =>
    modelFromText(
      {
        opset: 17,
        inputs: [{ name: 'x', shape: ['N', ...activations.shape.slice(1)] }],
        initializers: {
          g: { ...gradients, dtype: 'float32' },
          space: { shape: [2], data: [2, 3], dtype: 'int64' },
        },
        nodes: [
          { op: 'Relu', inputs: ['x'], outputs: ['layer'] },
          { op: 'Mul', inputs: ['layer', 'g'], outputs: ['product'] },
          { op: 'ReduceSum', inputs: ['product', 'space'], outputs: ['y'], attrs: { keepdims: 0 } },
        ],
        outputs: ['y'],
      },
      { x: activations.shape },
    ),
  );
  return Object.entries(maps).map(([name, map]): Comparison => {
    const recipe = CAM_FORMULAS[name];
    if (!recipe) return skipped('cam_formula_table', name, 'no method for this convention');
    return {
      model: 'cam_formula_table',
      entry: name,
      recipe: { ...recipe, params: { ...recipe.params, target_layer: 'layer' } },
      load,
      examples: async () => rowsOf({ x: activations }, { '*': map }, 'sum'),
      norm: 'scaled_max',
      tolerance: 1e-4,
    };
  });
}

function shapesOf(inputs: Readonly<Record<string, ArrayText>>): Record<string, readonly number[]> {
  return Object.fromEntries(Object.entries(inputs).map(([name, { shape }]) => [name, shape]));
}

function normOf(mode: string): Norm {
  if (mode === 'sum' || mode === 'max') return mode;
  return 'scaled_max';
}

function lazily(make: () => Promise<Model>): () => Promise<Model> {
  let made: Promise<Model> | undefined;
  return () => (made ??= make());
}
