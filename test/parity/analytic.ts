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
import { tensor } from '../../src/core/tensor/tensor.ts';
import type { ArrayText } from './array-text.ts';
import { baselineArrays, baselineOf, type Case, exampleOf, featureMasks, ofLayer, windowsOf } from './case-arrays.ts';
import { type Comparison, type Example, type Norm, skipped } from './comparison.ts';
import { CAM_FORMULAS, CASE_METHODS } from './entries.ts';
import { type GraphText, modelFromText } from './graph-text.ts';
import { infidelityCase } from './infidelity.ts';
import { invariant, type Subjects } from './invariants.ts';
import { type MetricTable, metricTable } from './metric-table.ts';
import { row } from './rows.ts';
import { type QuadratureTable, quadratureTable } from './tables.ts';
import { inWords, type WordsCase } from './words.ts';

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

/** Operators of layers to which Captum gives a rule of its own. */
const WITH_WEIGHTS = new Set(['Conv', 'Gemm', 'MatMul']);

/** Captum's methods that walk all tensors of a layer at once. */
const MOVES_LAYERS_TOGETHER = new Set(['LayerIntegratedGradients']);

/**
 * One case may be several calls of ours: a layer that stands for several tensors is one for each of them.
 */
function split(given: Case, model: ModelText | undefined): Case[] {
  const { id, layer, expected = {} } = given;
  const tensors = Object.entries(expected);
  const part = ([name, values]: [string, ArrayText]) => ({
    ...given,
    id: `${id}/${name}`,
    expected: { [name]: values },
  });
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
    window: windowsOf(given, model, 'sliding_window_shapes', 'window'),
    strides: windowsOf(given, model, 'strides', 'stride'),
    layers: Object.keys(expected),
    neuron: given.neuron,
    layerBaseline: ofLayer(given, given.layer_baselines),
    layerMask: ofLayer(given, given.layer_mask),
    summed: given.attr_dim_summation,
    allLayers: model.graph.nodes.flatMap(({ op, outputs }) => (WITH_WEIGHTS.has(op) ? outputs.slice(0, 1) : [])),
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
        featureMasks: featureMasks(given, model, inputs),
        convergenceDelta: given.convergence_delta?.tolerance,
      }),
    norm: normOf(given.tolerance.mode),
    tolerance: given.tolerance.value,
  };
}

/** Reason why our methods cannot compute this case; undefined when they can. */
function uncovered(given: Case, model: ModelText | undefined): string | undefined {
  const { method, layer } = given;
  if (!(method in CASE_METHODS)) return `no method for ${method}`;
  if (!model) return `the file has no graph of ${given.model}`;
  if (layer && !MOVES_LAYERS_TOGETHER.has(method) && model.layers && !(layer in model.layers))
    return `layer ${layer} stands for several tensors`;
  return undefined;
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
