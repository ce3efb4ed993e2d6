/**
 * Table from the name of a method in a reference to ours, one line for each. A recipe may name a method
 * that is not built in (yet); its comparisons are then skipped by name.
 */
import type { Tensor } from '../../src/core/tensor/tensor.ts';
import type { Recipe } from './comparison.ts';
import { camMap } from './finish.ts';
import { NEXT_ENTRIES, places } from './next.ts';

/** Facts of a reference file about an entry, beside the place of its bytes. */
export interface EntryFields {
  readonly n_steps?: number;
  /** One number for every input, or what is put there, in words. */
  readonly baseline?: number | string;
  readonly window?: readonly number[];
  readonly stride?: readonly number[];
  readonly segments?: string;
  readonly rule?: string;
  /** The tensor that CAM entries are about. */
  readonly camTensor?: string;
  readonly mask?: string;
  readonly score?: string;
  readonly class_token?: string;
  /** Noisy copies whose noise is recorded. */
  readonly samples?: number;
  readonly components?: number;
  readonly rounds?: number;
  /** Two numbers and more for each pair that is joined, as scipy's linkage matrix. */
  readonly tree?: readonly (readonly number[])[];
  /** Another array of the same file, by its name. */
  read?(name: string): Tensor;
}

type RecipeOf<F> = (fields: F) => Recipe;

const cam = (method: string, params: Recipe['params'] = {}): RecipeOf<EntryFields> => {
  return ({ camTensor }) => ({
    method,
    params: { preset: 'pytorch_grad_cam', target_layer: camTensor, ...params },
    finish: camMap,
  });
};

/**
 * ReLUs that PyTorch's exporter names after no module but the outermost: functional calls. The reference library hooks
 * modules and leaves these their plain gradient (torchvision's DenseNet ends in one), which is what is asked for here.
 */
const FUNCTIONAL_RELUS = ['/Relu', ...Array.from({ length: 9 }, (_, i) => `/Relu_${i + 1}`)];

/** By the name of the entry in a reference folder. */
export const ENTRIES: Readonly<Record<string, RecipeOf<EntryFields>>> = {
  ...NEXT_ENTRIES,
  gradient: () => ({ method: 'saliency', params: { absolute: false } }),
  embedding_gradient: () => ({ method: 'saliency', params: { absolute: false } }),
  input_x_gradient: () => ({ method: 'input_x_gradient' }),
  guided_backprop: () => ({ method: 'guided_backprop', params: { preset: 'captum', exclude: FUNCTIONAL_RELUS } }),
  deconvolution: () => ({ method: 'deconvolution', params: { preset: 'captum', exclude: FUNCTIONAL_RELUS } }),
  integrated_gradients: ({ n_steps, baseline }) => ({
    method: 'integrated_gradients',
    params: { n_steps, baseline, quadrature: 'riemann_trapezoid' },
  }),
  integrated_gradients_gauss: ({ n_steps, baseline }) => ({
    method: 'integrated_gradients',
    params: { preset: 'captum', n_steps, baseline },
  }),
  occlusion: ({ window, stride, baseline }) => ({
    method: 'occlusion',
    params: { preset: 'captum', sliding_window_shape: window, strides: stride, baseline },
  }),
  feature_ablation: ({ segments, baseline }) => ({
    method: 'feature_ablation',
    params: { preset: 'captum', feature_mask: 'grid', grid: segments?.split(' ')[0]?.split('x').map(Number), baseline },
  }),
  deep_lift: ({ baseline }) => ({ method: 'deep_lift', params: { preset: 'captum', baseline } }),
  lrp_epsilon: () => ({ method: 'lrp', params: { preset: 'captum' } }),
  // Captum cuts negative values only when asked to.
  grad_cam: ({ camTensor }) => ({
    method: 'grad_cam',
    params: { preset: 'captum', relu: true, target_layer: camTensor },
  }),
  layer_gradient_x_activation: ({ camTensor }) => ({
    method: 'layer_gradient_x_activation',
    params: { preset: 'captum', target_layer: camTensor },
  }),
  cam_grad_cam: cam('grad_cam'),
  cam_grad_cam_plus_plus: cam('grad_cam_plus_plus'),
  cam_xgrad_cam: cam('xgrad_cam'),
  cam_layer_cam: cam('layer_cam'),
  cam_hires_cam: cam('hires_cam'),
  cam_grad_cam_elementwise: cam('grad_cam_elementwise'),
  cam_eigen_cam: cam('eigen_cam'),
  cam_eigen_grad_cam: cam('eigen_grad_cam'),
  cam_score_cam: cam('score_cam'),
  cam_ablation_cam: cam('ablation_cam'),
  cam_full_grad: () => ({ method: 'full_grad', params: { preset: 'pytorch_grad_cam' }, finish: camMap }),
};

/** Facts of an analytic case about its method. */
export interface CaseFields {
  readonly params: Readonly<Record<string, unknown>>;
  /** One number for every input; undefined when there is none. */
  readonly baseline?: number;
  /** Tensor name of the layer. */
  readonly layer?: string;
  /** Tensor names of a layer that stands for several. */
  readonly layers: readonly string[];
  /** Position of the neuron that is explained. */
  readonly neuron?: number;
  /** Value of an absent element of the layer. */
  readonly layerBaseline?: number | readonly number[];
  /** Features of the layer: elements of the same number are one feature. */
  readonly layerMask?: readonly number[];
  /** Adds up the channels of a layer. */
  readonly summed?: boolean;
  readonly window?: readonly number[];
  readonly strides?: readonly number[];
  /** Tensors of the layers that have weights. */
  readonly allLayers?: readonly string[];
  /** The tensor that a layer's name stands for. */
  tensorOf?(layer: string): string;
}

/** By the method's name in a `cases.json`. */
export const CASE_METHODS: Readonly<Record<string, RecipeOf<CaseFields>>> = {
  Saliency: ({ params }) => ({ method: 'saliency', params: { preset: 'captum', absolute: params.abs } }),
  InputXGradient: () => ({ method: 'input_x_gradient', params: { preset: 'captum' } }),
  NeuronGradient: ({ layer, neuron }) => ({
    method: 'neuron_gradient',
    params: { preset: 'captum', target_layer: layer, neuron: [neuron ?? 0] },
  }),
  LayerConductance: ({ layer, params, baseline }) => ({
    method: 'layer_conductance',
    params: { preset: 'captum', target_layer: layer, n_steps: params.n_steps, quadrature: params.method, baseline },
  }),
  InternalInfluence: ({ layer, params, baseline }) => ({
    method: 'internal_influence',
    params: { preset: 'captum', target_layer: layer, n_steps: params.n_steps, quadrature: params.method, baseline },
  }),
  LayerIntegratedGradients: ({ layers, params, baseline }) => ({
    method: 'layer_integrated_gradients',
    params: {
      preset: 'captum',
      target_layer: layers[0],
      more_layers: layers.slice(1),
      n_steps: params.n_steps,
      quadrature: params.method,
      baseline,
    },
  }),
  LayerGradient: ({ layer }) => ({ method: 'layer_gradient', params: { target_layer: layer } }),
  LayerActivation: ({ layer }) => ({ method: 'layer_activation', params: { preset: 'captum', target_layer: layer } }),
  LayerGradientXActivation: ({ layer }) => ({
    method: 'layer_gradient_x_activation',
    params: { preset: 'captum', target_layer: layer },
  }),
  LayerGradCam: ({ layer, params, summed }) => ({
    method: 'grad_cam',
    params: { preset: 'captum', target_layer: layer, relu: params.relu_attributions, attr_dim_summation: summed },
  }),
  Occlusion: ({ window, strides, baseline }) => ({
    method: 'occlusion',
    params: { preset: 'captum', sliding_window_shape: window, strides, baseline },
  }),
  FeatureAblation: ({ baseline }) => ({ method: 'feature_ablation', params: { preset: 'captum', baseline } }),
  LayerFeatureAblation: ({ layer, layerBaseline, layerMask }) => ({
    method: 'layer_feature_ablation',
    params: { preset: 'captum', target_layer: layer, baseline: layerBaseline, feature_mask: layerMask },
  }),
  ShapleyValues: ({ baseline }) => ({ method: 'shapley_exact', params: { preset: 'captum', baseline } }),
  KernelShap: ({ params, baseline }) => ({
    method: 'kernel_shap',
    params: { preset: 'captum', n_samples: params.n_samples, baseline },
  }),
  // The cases name the surrogate and the kernel in words: a lasso of 1, cosine distance, width 10.
  Lime: ({ params, baseline }) => ({
    method: 'lime',
    params: { preset: 'captum', n_samples: params.n_samples, alpha: 1, kernel_width: 10, baseline },
  }),
  IntegratedGradients: ({ params, baseline }) => ({
    method: 'integrated_gradients',
    params: {
      preset: 'captum',
      n_steps: params.n_steps,
      quadrature: params.method,
      multiply_by_inputs: params.multiply_by_inputs,
      baseline,
    },
  }),
  'NoiseTunnel(Saliency)': ({ params }) => ({
    method: NOISE_TUNNELS[String(params.nt_type)] ?? '',
    params: {
      preset: 'captum',
      base_method: 'saliency',
      n_samples: params.nt_samples,
      stdevs: params.stdevs,
    },
  }),
  GuidedBackprop: () => ({ method: 'guided_backprop', params: { preset: 'captum' } }),
  Deconvolution: () => ({ method: 'deconvolution', params: { preset: 'captum' } }),
  GuidedGradCam: ({ layer, params }) => ({
    method: 'guided_grad_cam',
    params: { preset: 'captum', target_layer: layer, interpolation: params.interpolate_mode },
  }),
  AttentionRollout: () => ({ method: 'attention_rollout', finish: places }),
  'TransformerAttribution(gradient-weighted attention, bi-modal paper rule 5)': () => ({
    method: 'transformer_attribution',
    finish: places,
  }),
  LayerLRP: (fields) => ({ method: 'lrp', params: { ...lrpParams(fields), target_layer: fields.layer } }),
  LRP: (fields) => ({ method: 'lrp', params: lrpParams(fields) }),
  DeepLift: ({ params, baseline }) => ({
    method: 'deep_lift',
    params: { preset: 'captum', baseline, multiply_by_inputs: params.multiply_by_inputs },
  }),
  LayerDeepLift: ({ layer, params, baseline }) => ({
    method: 'deep_lift',
    params: { preset: 'captum', target_layer: layer, baseline, multiply_by_inputs: params.multiply_by_inputs },
  }),
};

/** By Captum's `nt_type`. */
const NOISE_TUNNELS: Readonly<Record<string, string>> = {
  smoothgrad: 'smooth_grad',
  smoothgrad_sq: 'smooth_grad_sq',
  vargrad: 'var_grad',
};

/** Captum says which rule each layer has, zennit names a composite; both put the epsilon into the text or beside it. */
function lrpParams({ params, tensorOf, allLayers: layers = [] }: CaseFields): Recipe['params'] {
  const {
    composite,
    epsilon,
    gamma,
    box,
    rules = {},
  } = params as {
    composite?: string;
    epsilon?: number;
    gamma?: number;
    box?: readonly [number, number];
    rules?: Readonly<Record<string, string>>;
  };
  if (composite) return { preset: 'zennit', composite, epsilon, gamma, low: box?.[0], high: box?.[1] };
  const texts = Object.entries(rules);
  const single = texts.flatMap(([layer, text]) => {
    const rule = CAPTUM_LRP_RULES[text.split(/[ (]/)[0] as string];
    const named = layer === 'all' ? layers : [tensorOf?.(layer) ?? layer];
    return rule ? named.map((name) => `${name}=${rule}`) : [];
  });
  const numberOf = (rule: string): number | undefined => {
    const [found] = texts.flatMap(([, text]) => new RegExp(`^${rule}\\(([^)]+)\\)`).exec(text)?.[1] ?? []);
    return found === undefined ? undefined : Number(found);
  };
  return { preset: 'captum', rules: single, gamma: numberOf('gamma'), epsilon: numberOf('epsilon') };
}

/** `epsilon` is what every other layer has. */
const CAPTUM_LRP_RULES: Readonly<Record<string, string>> = {
  alpha1beta0: 'alpha1beta0',
  identity: 'identity',
  gamma: 'captum_gamma',
};

const raw = (method: string, params: Recipe['params'] = {}, finish?: Recipe['finish']): Recipe => ({
  method,
  params: { relu: false, ...params },
  ...(finish && { finish }),
});

/** Raw maps of `cam_formula_table`, by the convention's name there. */
export const CAM_FORMULAS: Readonly<Record<string, Recipe>> = {
  gradcam: raw('grad_cam', { preset: 'captum' }),
  hirescam: raw('hires_cam'),
  gradcam_elementwise: raw('grad_cam_elementwise'),
  layercam: raw('layer_cam'),
  xgradcam: raw('xgrad_cam'),
  'gradcampp_eq19_sum (paper; jacobgil)': raw('grad_cam_plus_plus', { preset: 'pytorch_grad_cam' }),
  'gradcampp_mean (xplique)': raw('grad_cam_plus_plus', { preset: 'xplique' }),
  'gradcampp_torchcam (sum of g^3*A inside)': raw('grad_cam_plus_plus', { convention: 'joint_sum' }),
  'gradcampp_alpha_normalised (tf-keras-vis, exp(score) factor omitted)': raw('grad_cam_plus_plus', {
    convention: 'normalised',
  }),
  'eigencam_abs (sign free)': raw('eigen_cam', {}, (values) => values.map(Math.abs)),
  'eigengradcam_abs (sign free)': raw('eigen_grad_cam', {}, (values) => values.map(Math.abs)),
  'fem_k2 (jacobgil: mean of mask * activation)': raw('fem', { preset: 'pytorch_grad_cam' }),
  'fem_k1 (xplique: channel mean * mask)': raw('fem', { preset: 'xplique' }),
};
