/**
 * Cases of a `cases.json` whose function is given in words: it is written out as a graph here, by the case's id. The
 * numbers stay those of the file.
 */

import { isMeasured, measureRows, planMetrics } from '../../src/core/metrics/measure.ts';
import { Model } from '../../src/core/model/model.ts';
import { GraphBuilder, type Value } from '../../src/core/onnx/builder.ts';
import { write } from '../../src/core/onnx/write.ts';
import { kernelCoalitions } from '../../src/core/strategy/perturbation/coalitions.ts';
import { Random } from '../../src/core/tensor/random.ts';
import { float32, sizeOf } from '../../src/core/tensor/tensor.ts';
import type { ArrayText } from './array-text.ts';
import { type Comparison, checked, distance, skipped } from './comparison.ts';
import { mapsOf } from './maps.ts';

/** A case in words; which fields it has depends on its id. */
export interface WordsCase {
  readonly id: string;
  readonly method: string;
  // biome-ignore lint/suspicious/noExplicitAny: every case has fields of its own, and is read by its own lines below
  readonly [field: string]: any;
}

/** The comparison that a case stands for. */
export const inWords = (file: string, given: WordsCase): Comparison =>
  WRITTEN_OUT[given.id]?.(file, given) ??
  skipped(file, given.id, `nothing here writes out the function of ${given.id}`);

const open = (g: GraphBuilder, y: Value): Promise<Model> => Model.read({ bytes: write(g.build([y])).graph });

type WrittenOut = (file: string, given: WordsCase) => Comparison;

const WRITTEN_OUT: Readonly<Record<string, WrittenOut>> = {
  pair_ig: (file, { id, input, baseline, expected, params, tolerance }) => ({
    model: file,
    entry: id,
    recipe: {
      method: 'integrated_gradients',
      params: { preset: 'pair', n_steps: params.steps },
    },
    load: () => {
      const g = GraphBuilder.empty();
      const x = g.input('x', 'float32', ['N', 3]);
      const [a, b, c] = [0, 1, 2].map((i) => g.op('Slice', [x, g.ints([i]), g.ints([i + 1]), g.ints([1])])) as [
        Value,
        Value,
        Value,
      ];
      return open(g, g.add(g.add(g.mul(a, g.scalar(5)), g.mul(b, b)), g.op('Sin', [c])));
    },
    examples: async () => [
      {
        inputs: { x: float32([1, 3], input) },
        baselines: { x: float32([1, 3], baseline) },
        target: 'sum',
        expected: { x: { dims: [1, 3], data: Float32Array.from(expected as number[]) } },
      },
    ],
    norm: 'max',
    tolerance: tolerance.value,
  }),

  /** Only two elements are named, and to three digits. */
  pair_blur_ig: (file, { id, input, params, expected_nonzero }) =>
    checked(file, id, {
      methods: ['blur_ig'],
      tolerance: 0.01,
      check: async (explainer) => {
        const g = GraphBuilder.empty();
        const x = g.input('x', 'float32', ['N', 1, ...input.shape]);
        const model = await open(g, g.reduce('ReduceSum', g.op('Sin', [x]), [1, 2, 3], false));
        const { x: map } = await mapsOf(explainer, model, {
          method: 'blur_ig',
          params: { preset: 'pair', max_sigma: params.max_sigma },
          target: 'sum',
          inputs: { x: float32([1, 1, ...input.shape], input.data) },
        });
        return Object.entries(expected_nonzero as Record<string, number>).map(([place, value]) => {
          const [row, column] = JSON.parse(place) as [number, number];
          return Math.abs((map?.[row * input.shape[1] + column] as number) - value);
        });
      },
    }),

  pair_occlusion_sum: (file, { id, input, params, expected, tolerance }) => ({
    model: file,
    entry: id,
    recipe: {
      method: 'occlusion',
      params: {
        preset: 'pair',
        sliding_window_shape: [params.size],
        strides: [params.stride],
        baseline: params.value,
      },
    },
    load: () => {
      const g = GraphBuilder.empty();
      const x = g.input('x', 'float32', ['N', 1, ...input.shape]);
      return open(g, g.mul(g.reduce('ReduceSum', x, [1, 2, 3], false), g.scalar(3)));
    },
    examples: async () => [
      {
        inputs: { x: float32([1, 1, ...input.shape], input.data) },
        target: 'sum',
        expected: { x: { dims: [1, 1, ...expected.shape], data: Float32Array.from(expected.data as number[]) } },
      },
    ],
    norm: 'max',
    tolerance: tolerance.value,
  }),

  /** Each channel alone: the map is then its weight times its activations. */
  xplique_gradcampp_weights: (file, { id, activations, gradients, expected_weights, tolerance }) => ({
    model: file,
    entry: id,
    recipe: {
      method: 'grad_cam_plus_plus',
      params: { preset: 'xplique', target_layer: 'layer', relu: false },
    },
    load: () => layerModel(activations, gradients),
    examples: async () => {
      const size = sizeOf(activations.shape.slice(1));
      return (expected_weights as number[]).map((weight, channel) => {
        const alone = (activations.data as number[]).map((a, i) => (Math.floor(i / size) === channel ? a : 0));
        const map = alone.slice(channel * size, (channel + 1) * size).map((a) => weight * a);
        return {
          inputs: { x: float32([1, ...activations.shape], alone) },
          target: 'sum',
          expected: { '*': { dims: [1, 1, ...activations.shape.slice(1)], data: Float32Array.from(map) } },
        };
      });
    },
    norm: 'max',
    tolerance: tolerance.value,
  }),

  xplique_occlusion_masks: (file, { id, cases }) =>
    checked(file, id, {
      methods: ['occlusion'],
      tolerance: 0,
      check: (explainer) =>
        Promise.all(
          (cases as { shape: number[]; patch: number; stride: number; masks: number }[]).map(
            async ({ shape, patch, stride, masks }) => {
              const g = GraphBuilder.empty();
              const x = g.input('x', 'float32', ['N', 1, ...shape]);
              const model = await open(g, g.reduce('ReduceSum', x, [1, 2, 3], false));
              const params = { preset: 'xplique', sliding_window_shape: [patch], strides: [stride] };
              const inputs = { x: float32([1, 1, ...shape]) };
              const { cost } = explainer.plan(model, { method: 'occlusion', params, inputs });
              return Math.abs(cost.forwards - masks);
            },
          ),
        ),
    }),

  /** The weights of the coalitions that the method shows to the model, added up by size. */
  xplique_kernelshap_size_probs: (file, { id, features, expected }) =>
    checked(file, id, {
      methods: ['kernel_shap'],
      tolerance: 1e-12,
      check: async () => {
        const { count, present, weights } = kernelCoalitions(features, 2 ** features, new Random(0));
        const bySize = new Float64Array((expected as number[]).length);
        for (let i = 0; i < count; i++) {
          const size = present.subarray(i * features, (i + 1) * features).reduce((a, b) => a + b, 0);
          bySize[size] = (bySize[size] as number) + (weights[i] as number);
        }
        return [distance('max', bySize, expected)];
      },
    }),

  xplique_fem: (file, { id, feature_maps, params, expected_map }) => ({
    model: file,
    entry: id,
    recipe: { method: 'fem', params: { preset: 'xplique', target_layer: 'layer', k: params.k, relu: false } },
    load: () => layerModel(feature_maps, { ...feature_maps, data: feature_maps.data.map(() => 1) }),
    examples: async () => [
      {
        inputs: { x: float32([1, ...feature_maps.shape], feature_maps.data) },
        target: 'sum',
        expected: {
          '*': { dims: [1, 1, ...expected_map.shape], data: Float32Array.from(expected_map.data as number[]) },
        },
      },
    ],
    norm: 'max',
    tolerance: 1e-6,
  }),

  /** 256 pixels, so that each of the steps puts one in. */
  xplique_insertion_perfect: (file, { id, steps, expected, tolerance }) =>
    checked(file, id, {
      methods: ['saliency'],
      tolerance: tolerance.value,
      check: async (explainer) => {
        const g = GraphBuilder.empty();
        const x = g.input('x', 'float32', ['N', 1, 16, 16]);
        const model = await open(g, g.op('Sign', [g.reduce('ReduceSum', g.op('Abs', [x]), [1, 2, 3], false)]));
        const inputs = { x: float32([1, 1, 16, 16], new Float32Array(256).fill(1)) };
        const request = { method: 'saliency', target: 'sum', inputs };
        const plan = explainer.plan(model, request);
        const planned = planMetrics(plan, [{ metric: 'insertion', params: { steps, answer: 'score' } }]);
        const { rows } = await explainer.run(plan);
        const [measured] = await measureRows(explainer, plan, rows, planned);
        const [insertion] = measured ?? [];
        return [insertion && isMeasured(insertion) ? Math.abs(insertion.score - expected) : Infinity];
      },
    }),

  webshap_kernelshap_bg5: (file, given) => background(file, given),
  webshap_kernelshap_constant_columns: (file, given) => background(file, given),
};

/** A model whose `layer` has its input's values, and the given gradients. */
function layerModel({ shape }: ArrayText, gradients: ArrayText): Promise<Model> {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', ...shape]);
  const layer = g.named(g.op('Relu', [x]), 'layer');
  const slopes = g.constant('float32', gradients.shape, gradients.data);
  return open(g, g.reduce('ReduceSum', g.mul(layer, slopes), [2, 3], false));
}

/** Shapley values against a set of examples are the mean of those against each of them: they are linear in the game. */
function background(
  file: string,
  { id, background: set, input, coef, intercept, params, expected, tolerance }: WordsCase,
) {
  return checked(file, id, {
    methods: ['kernel_shap'],
    tolerance: tolerance.value,
    check: async (explainer) => {
      const g = GraphBuilder.empty();
      const x = g.input('x', 'float32', ['N', coef.length]);
      const slopes = g.constant('float32', [coef.length, 1], coef);
      const model = await open(g, g.op('Sigmoid', [g.add(g.op('MatMul', [x, slopes]), g.scalar(intercept))]));
      const mean = new Float64Array(coef.length);
      for (const example of set as number[][]) {
        const { x: values } = await mapsOf(explainer, model, {
          method: 'kernel_shap',
          params: { feature_mask: 'none', n_samples: params.n_samples },
          scores: 'output',
          target: 0,
          inputs: { x: float32([1, coef.length], input) },
          baselines: { x: float32([1, coef.length], example) },
        });
        for (const [i, value] of values?.entries() ?? []) mean[i] = (mean[i] as number) + value / set.length;
      }
      return [distance('max', mean, expected)];
    },
  });
}
