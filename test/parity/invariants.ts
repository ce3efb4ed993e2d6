/** The invariants that a `cases.json` names, by their names there: each is run as a check on the models of the file. */
import { SessionCache } from '../../src/core/engine/session-cache.ts';
import { Explainer } from '../../src/core/explainer/explainer.ts';
import { Model } from '../../src/core/model/model.ts';
import type { TargetRequest } from '../../src/core/model/target-request.ts';
import { GraphBuilder } from '../../src/core/onnx/builder.ts';
import { write } from '../../src/core/onnx/write.ts';
import { graphCompiler } from '../../src/core/plan/compile-variant.ts';
import { Random } from '../../src/core/tensor/random.ts';
import type { Inputs } from '../../src/core/tensor/rows.ts';
import { float32, sizeOf, type Tensor } from '../../src/core/tensor/tensor.ts';
import { type Comparison, checked, distance, skipped } from './comparison.ts';
import { mapsOf } from './maps.ts';

/** A model of the file, with an input of its own. */
export interface Subject {
  readonly model: Model;
  /** One row. */
  readonly inputs: Inputs;
  readonly target: TargetRequest;
}

/** @throws Error when the file has no such model */
export type Subjects = (name: string, inputs?: Readonly<Record<string, readonly number[]>>) => Promise<Subject>;

interface Invariant {
  readonly methods: readonly string[];
  readonly tolerance: number;
  check(explainer: Explainer, subjects: Subjects): Promise<readonly number[]>;
}

export function invariant(file: string, name: string, subjects: Subjects): Comparison {
  const known = INVARIANTS[name];
  if (!known) return skipped(file, `invariant ${name}`, 'nothing here says how it is checked');
  const { methods, tolerance, check } = known;
  return checked(file, `invariant ${name}`, { methods, tolerance, check: (explainer) => check(explainer, subjects) });
}

type Call = readonly [method: string, params: Readonly<Record<string, unknown>>];

/** Ways to explain that draw on every family, cheap enough for a check. */
const VARIED: readonly Call[] = [
  ['saliency', {}],
  ['integrated_gradients', { n_steps: 8 }],
  ['deep_lift', {}],
  ['guided_backprop', {}],
  ['lrp', {}],
  ['smooth_grad', { n_samples: 4 }],
  ['occlusion', {}],
  ['kernel_shap', { n_samples: 32, feature_mask: 'grid', grid: [3] }],
  ['rise', { n_masks: 20 }],
];
const VARIED_METHODS = VARIED.map(([method]) => method);

/** Methods about a neuron, and those that they must agree with at the score itself. */
const NEURON_FORMS = [
  ['neuron_guided_backprop', 'guided_backprop'],
  ['neuron_deconvolution', 'deconvolution'],
  ['neuron_gradient', 'saliency'],
  ['neuron_integrated_gradients', 'integrated_gradients'],
  ['neuron_conductance', 'integrated_gradients'],
  ['neuron_deep_lift', 'deep_lift'],
] as const;

const INVARIANTS: Readonly<Record<string, Invariant>> = {
  completeness: {
    methods: ['integrated_gradients', 'deep_lift', 'shapley_exact', 'kernel_shap', 'layer_conductance'],
    tolerance: 2e-3,
    check: async (explainer, subjects) => {
      const cnn = await subjects('g1_cnn');
      const vector = await subjects('multi_layer', { x: [1, 2, -1] });
      const elements = { feature_mask: 'none' };
      return [
        await incompleteness(explainer, cnn, 'integrated_gradients', { n_steps: 200 }),
        await incompleteness(explainer, cnn, 'deep_lift'),
        await incompleteness(explainer, vector, 'shapley_exact', elements),
        await incompleteness(explainer, vector, 'kernel_shap', { ...elements, n_samples: 16 }),
        await incompleteness(explainer, cnn, 'layer_conductance', { target_layer: 'relu1', n_steps: 200 }),
      ];
    },
  },

  'linear model': {
    methods: [
      'integrated_gradients',
      'deep_lift',
      'shapley_exact',
      'kernel_shap',
      'feature_ablation',
      'input_x_gradient',
      'lime',
    ],
    tolerance: 1e-5,
    check: async (explainer) => {
      const [slopes, x] = [
        [2, -1, 0.5, 3],
        [1, 2, -3, 0.25],
      ];
      const subject = { model: await linearModel(slopes), inputs: { x: float32([1, 4], x) }, target: 0 };
      const elements = { feature_mask: 'none' };
      const calls: readonly Call[] = [
        ['integrated_gradients', {}],
        ['deep_lift', {}],
        ['shapley_exact', elements],
        ['kernel_shap', elements],
        ['feature_ablation', elements],
        ['input_x_gradient', {}],
        ['lime', { ...elements, surrogate: 'least_squares' }],
      ];
      const expected = slopes.map((slope, i) => slope * (x[i] as number));
      return each(calls, async ([method, params]) => {
        const map = (await mapsOf(explainer, subject.model, { method, params, ...subject })).x;
        return [distance('max', map ?? [], expected)];
      });
    },
  },

  'implementation invariance': {
    methods: ['integrated_gradients'],
    tolerance: 1e-5,
    check: async (explainer, subjects) => {
      const inputs = { x1: [3], x2: [1] };
      const request = { method: 'integrated_gradients', params: { n_steps: 50 } };
      const [a, b] = await Promise.all([subjects('two_input_a', inputs), subjects('two_input_b', inputs)]);
      const [first, second] = [
        await mapsOf(explainer, a.model, { ...request, ...a }),
        await mapsOf(explainer, b.model, { ...request, ...b }),
      ];
      return differences(first, second);
    },
  },

  'sensitivity-1': {
    methods: ['saliency', 'integrated_gradients'],
    tolerance: 0.02,
    check: async (explainer, subjects) => {
      const subject = await subjects('relu_clip', { x: [2] });
      const gradient = await mapsOf(explainer, subject.model, { method: 'saliency', ...subject });
      const path = await mapsOf(explainer, subject.model, {
        method: 'integrated_gradients',
        params: { n_steps: 500 },
        ...subject,
      });
      return [Math.abs(gradient.x?.[0] ?? Infinity), Math.abs((path.x?.[0] ?? Infinity) - 1)];
    },
  },

  'batch invariance': {
    methods: VARIED_METHODS,
    tolerance: 1e-5,
    check: async (explainer, subjects) => {
      const { model, inputs, target } = await subjects('g1_cnn');
      const other = mapped(inputs, ({ dims, data }) =>
        float32(dims, Float32Array.from(data as Float32Array).reverse()),
      );
      const both = Object.fromEntries(
        Object.entries(inputs).map(([name, one]) => {
          const second = other[name] as Tensor<'float32'>;
          return [name, float32([2, ...one.dims.slice(1)], [...(one.data as Float32Array), ...second.data])];
        }),
      );
      return each(VARIED, async ([method, params]) => {
        const { rows } = await explainer.explain(model, { method, params, target, inputs: both });
        // Random numbers may differ from row to row: what does not depend on the batch is the first row.
        const single = await mapsOf(explainer, model, { method, params, target, inputs });
        return differences(
          Object.fromEntries(Object.entries(rows[0]?.values ?? {}).map(([name, { data }]) => [name, data])),
          single,
        );
      });
    },
  },

  'batch-size invariance': {
    methods: VARIED_METHODS,
    tolerance: 1e-5,
    check: async (explainer, subjects) => {
      const subject = await subjects('g1_cnn');
      const sized = (maxBatch: number): Explainer =>
        new Explainer({
          compiler: graphCompiler,
          engine: explainer.engine,
          methods: explainer.methods,
          sessions: new SessionCache(2 ** 26),
          maxBatch,
        });
      const [single, packed] = [sized(1), sized(7)];
      return each(VARIED, async ([method, params]) =>
        differences(
          await mapsOf(packed, subject.model, { method, params, ...subject }),
          await mapsOf(single, subject.model, { method, params, ...subject }),
        ),
      );
    },
  },

  'model unchanged': {
    methods: VARIED_METHODS,
    tolerance: 0,
    check: async (explainer, subjects) => {
      const { model, inputs, target } = await subjects('g1_cnn');
      const scores = async () => (await explainer.predict(model, { inputs }))[0]?.scores ?? [];
      const before = await scores();
      return each(VARIED, async ([method, params]) => {
        await explainer.explain(model, { method, params, inputs, target });
        return [distance('max', await scores(), before)];
      });
    },
  },

  'neuron = input attribution': {
    methods: NEURON_FORMS.flat(),
    tolerance: 1e-6,
    check: async (explainer, subjects) => {
      const { model, inputs, target } = await subjects('g1_cnn');
      const last = { target_layer: model.info().scores.name, neuron: [target as number] };
      const errors: number[] = [];
      for (const [neuron, method] of NEURON_FORMS) {
        const params = method === 'saliency' ? { absolute: false } : {};
        const plain = await mapsOf(explainer, model, { method, params, inputs, target });
        errors.push(...differences(await mapsOf(explainer, model, { method: neuron, params: last, inputs }), plain));
      }
      return errors;
    },
  },

  'LRP-epsilon = IxG': {
    methods: ['lrp', 'input_x_gradient'],
    tolerance: 1e-4,
    check: async (explainer) => {
      const subject = { model: await biasFreeModel(), inputs: { x: normal([1, 6], 3) }, target: 1 };
      return differences(
        await mapsOf(explainer, subject.model, {
          method: 'lrp',
          params: { composite: 'epsilon', epsilon: 1e-9 },
          ...subject,
        }),
        await mapsOf(explainer, subject.model, { method: 'input_x_gradient', ...subject }),
      );
    },
  },

  'DeepLift multipliers': {
    methods: ['deep_lift'],
    tolerance: 1e-6,
    check: async (explainer, subjects) => {
      const subject = await subjects('g1_cnn');
      const baseline = 0.25;
      const call = (multiply_by_inputs: boolean) =>
        mapsOf(explainer, subject.model, { method: 'deep_lift', params: { multiply_by_inputs, baseline }, ...subject });
      const [product, multipliers] = [await call(true), await call(false)];
      return Object.entries(subject.inputs).map(([name, { data }]) =>
        distance(
          'max',
          (multipliers[name] ?? new Float32Array()).map((m, i) => m * (Number(data[i]) - baseline)),
          product[name] ?? [],
        ),
      );
    },
  },

  'smoothgrad n=1 noise 0 = base method': {
    methods: ['smooth_grad', 'saliency'],
    tolerance: 1e-6,
    check: async (explainer, subjects) => {
      const subject = await subjects('g1_cnn');
      const base_params = ['absolute=false'];
      return differences(
        await mapsOf(explainer, subject.model, {
          method: 'smooth_grad',
          params: { base_method: 'saliency', base_params, n_samples: 1, stdevs: 0 },
          ...subject,
        }),
        await mapsOf(explainer, subject.model, { method: 'saliency', params: { absolute: false }, ...subject }),
      );
    },
  },
};

/** `sum(attributions) - (score - score of the baseline 0)`, the largest over the tensors. */
async function incompleteness(
  explainer: Explainer,
  { model, inputs, target }: Subject,
  method: string,
  params: Readonly<Record<string, unknown>> = {},
): Promise<number> {
  const scores = 'output';
  const { rows } = await explainer.explain(model, { method, params, inputs, target, scores });
  const absent = await explainer.explain(model, {
    method: 'saliency',
    inputs: mapped(inputs, ({ dims }) => float32(dims)),
    target,
    scores,
  });
  const sum = Object.values(rows[0]?.values ?? {}).reduce((all, { data }) => data.reduce((s, v) => s + v, all), 0);
  return Math.abs(sum - ((rows[0]?.score ?? Number.NaN) - (absent.rows[0]?.score ?? Number.NaN)));
}

type Maps = Readonly<Record<string, Float32Array>>;

const differences = (actual: Maps, expected: Maps): number[] =>
  Object.entries(expected).map(([name, values]) => distance('scaled_max', actual[name] ?? [], values));

/** The largest error of each call, one call after the other. */
async function each(calls: readonly Call[], check: (call: Call) => Promise<readonly number[]>): Promise<number[]> {
  const errors: number[] = [];
  for (const call of calls) errors.push(Math.max(...(await check(call))));
  return errors;
}

const mapped = (inputs: Inputs, change: (tensor: Tensor) => Tensor): Inputs =>
  Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, change(value)]));

const normal = (dims: readonly number[], seed: number) => float32(dims, new Random(seed).normal(sizeOf(dims)));

function linearModel(slopes: readonly number[]): Promise<Model> {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', slopes.length]);
  const y = g.op('MatMul', [x, g.constant('float32', [slopes.length, 1], slopes)]);
  return Model.read({ bytes: write(g.build([g.add(y, g.scalar(7))])).graph });
}

/** Two linear layers without biases, a ReLU between them. */
function biasFreeModel(): Promise<Model> {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 6]);
  const first = g.op('MatMul', [x, g.constant('float32', [6, 8], new Random(1).normal(48))]);
  const second = g.op('MatMul', [g.op('Relu', [first]), g.constant('float32', [8, 3], new Random(2).normal(24))]);
  return Model.read({ bytes: write(g.build([second])).graph });
}
