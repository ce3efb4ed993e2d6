/** Recipes for the references of methods whose draws are recorded beside the numbers, and of maps over places. */
import { type Tensor, tensor } from '../../src/core/tensor/tensor.ts';
import type { Recipe } from './comparison.ts';
import type { EntryFields } from './entries.ts';

type RecipeOf = (fields: EntryFields) => Recipe;

/** Arrays that other entries are computed from. */
export const DRAWN: ReadonlySet<string> = new Set(['superpixels']);

/** The tokens that stand for places, without the class token in front. */
export const places: Recipe['finish'] = (values, _, expected) =>
  values.slice(values.length - expected.reduce((size, dim) => size * dim, 1));

const reciproCam =
  (params: Recipe['params'] = {}): RecipeOf =>
  ({ camTensor, mask = '', score }) => ({
    method: 'recipro_cam',
    params: {
      target_layer: camTensor,
      mask: mask.startsWith('one') ? 'single' : 'gaussian',
      response: score === 'logit' ? 'score' : 'probability',
      scaled: false,
      ...params,
    },
  });

const vitReciproCam = (normalisation: 'unmasked' | 'masked'): RecipeOf => {
  return ({ camTensor, mask = '', class_token }) => ({
    method: 'vit_recipro_cam',
    params: {
      target_layer: camTensor,
      mask: mask.startsWith('one') ? 'single' : 'gaussian',
      class_token: class_token === 'set to 0' ? 'zero' : 'keep',
      normalisation,
      scaled: false,
    },
    finish: places,
  });
};

/** The first element of each superpixel: all of its elements carry its value. */
const firstOfEach = (segments: ArrayLike<number | bigint>): Recipe['finish'] => {
  return (values, _, expected) => {
    const found = new Float32Array(expected.at(-1) ?? 0);
    for (let p = segments.length - 1; p >= 0; p--) found[Number(segments[p])] = values[p] as number;
    return found;
  };
};

const ofSuperpixels =
  (method: string): RecipeOf =>
  ({ read, baseline, tree }) => {
    const segments = (read?.('superpixels') ?? tensor('int64', [0])) as Tensor;
    return {
      method,
      params: {
        feature_mask: Array.from(segments.data, Number),
        baseline: Number(baseline) === 0 ? 0 : 'mean',
        ...(tree && { tree: tree.flatMap((pair) => pair.slice(0, 2)) }),
      },
      finish: firstOfEach(segments.data),
    };
  };

const owen = ofSuperpixels('partition_shap');
const shapley = ofSuperpixels('shapley_exact');

const decisionGradients = (slope: 'derivative' | 'difference'): RecipeOf => {
  return ({ n_steps, baseline }) => ({
    method: 'integrated_decision_gradients',
    params: { n_steps, baseline, slope, quadrature: slope === 'derivative' ? 'riemann_trapezoid' : 'uniform' },
  });
};

/** By the name of the entry. */
export const NEXT_ENTRIES: Readonly<Record<string, RecipeOf>> = {
  recipro_cam: reciproCam(),
  recipro_cam_scaled: reciproCam({ mask: 'single', scaled: true }),
  recipro_cam_logits: reciproCam(),
  recipro_cam_gaussian: reciproCam(),
  recipro_cam_gaussian_scaled: reciproCam({ mask: 'gaussian', scaled: true }),
  recipro_cam_gaussian_logits: reciproCam(),
  vit_recipro_cam: vitReciproCam('unmasked'),
  vit_recipro_cam_before_norm: vitReciproCam('masked'),
  vit_recipro_cam_gaussian: vitReciproCam('unmasked'),
  vit_recipro_cam_gaussian_before_norm: vitReciproCam('masked'),
  vit_recipro_cam_gaussian_without_class_token: vitReciproCam('unmasked'),
  vit_recipro_cam_gaussian_without_class_token_before_norm: vitReciproCam('masked'),
  integrated_decision_gradients: decisionGradients('derivative'),
  integrated_decision_gradients_differences: decisionGradients('difference'),
  owen_values: owen,
  owen_values_mean: owen,
  shapley_values_of_superpixels: shapley,
  shapley_values_of_superpixels_mean: shapley,
};
