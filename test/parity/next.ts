/** Recipes for the references of methods whose draws are recorded beside the numbers, and of maps over places. */
import { mapRows } from '../../src/core/tensor/rows.ts';
import { float32, type Tensor, tensor } from '../../src/core/tensor/tensor.ts';
import { deepFeatureFactorisation } from '../../src/plugins/activation/dff.ts';
import { smoothGradCamPlusPlus } from '../../src/plugins/activation/smooth-grad-cam-plus-plus.ts';
import type { Recipe } from './comparison.ts';
import type { EntryFields } from './entries.ts';
import { row } from './rows.ts';

type RecipeOf = (fields: EntryFields) => Recipe;

/** Arrays that other entries are computed from. */
export const DRAWN: ReadonlySet<string> = new Set([
  'superpixels',
  'smooth_grad_cam_plus_plus_noise',
  'dff_initial_maps',
  'dff_initial_concepts',
]);

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

/** The recorded noise is [sample, example, ...input]. */
const smoothGradCam = (convention: string): RecipeOf => {
  return ({ camTensor, samples, read }) => ({
    method: 'smooth_grad_cam_plus_plus',
    params: { target_layer: camTensor, n_samples: samples, convention },
    recorded: (example) => {
      const noise = read?.('smooth_grad_cam_plus_plus_noise') as Tensor<'float32'>;
      const [, examples = 1] = noise.dims;
      return smoothGradCamPlusPlus((sample, values) =>
        mapRows(values, ({ dims, data }) => {
          const start = (sample * examples + example) * data.length;
          return float32(
            dims,
            data.map((x, i) => x + (noise.data[start + i] as number)),
          );
        }),
      );
    },
  });
};

const factorisation = (returns: 'map' | 'concept'): RecipeOf => {
  return ({ camTensor, components = 1, rounds, read }) => ({
    method: 'dff',
    params: { target_layer: camTensor, n_components: components, max_iter: rounds, returns, scaled: false },
    parts: Array.from({ length: components }, (_, component) => ({ component })),
    recorded: (example) => {
      const start = (name: string): Float64Array =>
        Float64Array.from(row(read?.(name) as Tensor<'float32'>, example).data as Float32Array);
      return deepFeatureFactorisation(() => ({
        maps: start('dff_initial_maps'),
        concepts: start('dff_initial_concepts'),
      }));
    },
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
  smooth_grad_cam_plus_plus: smoothGradCam('mean_gradient'),
  smooth_grad_cam_plus_plus_last_gradient: smoothGradCam('last_gradient'),
  smooth_grad_cam_plus_plus_paper_numerator: smoothGradCam('first_order'),
  dff_maps: factorisation('map'),
  dff_concepts: factorisation('concept'),
  owen_values: owen,
  owen_values_mean: owen,
  shapley_values_of_superpixels: shapley,
  shapley_values_of_superpixels_mean: shapley,
};
