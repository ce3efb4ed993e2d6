/** A common question and the methods that answer it; the chooser is generated from these. */
export interface Need {
  readonly need: string;
  /** Reason for these methods, in a sentence or two. */
  readonly because: string;
  /** Ids, the first choice first. */
  readonly methods: readonly string[];
}

export const NEEDS: readonly Need[] = [
  {
    need: 'An answer within 50 ms',
    because:
      'One or two rows, whatever the size of the image. `POST .../explain/estimate` says the milliseconds for your model before anything runs.',
    methods: ['grad_cam', 'layer_cam', 'hires_cam', 'xgrad_cam', 'saliency', 'input_x_gradient', 'full_grad', 'lrp'],
  },
  {
    need: 'Signed contributions that add up to the score',
    because:
      'For and against, in units of the score; `convergence_delta` in the answer says what the sum misses. The Shapley methods add up by feature.',
    methods: [
      'integrated_gradients',
      'deep_lift',
      'deep_lift_shap',
      'gradient_shap',
      'blur_ig',
      'guided_ig',
      'kernel_shap',
      'shapley_exact',
      'partition_shap',
      'shapley_sampling',
    ],
  },
  {
    need: 'A black box: no gradients, no inner layers',
    because: 'Forward rows alone: these also work for operators without a derivative.',
    methods: ['occlusion', 'rise', 'kernel_shap', 'lime', 'hsic', 'sobol', 'feature_ablation'],
  },
  {
    need: 'No gradients, but inner layers can be read',
    because: 'Class activation maps made of forward rows: quantised models, or gradients that are noisy or saturated.',
    methods: [
      'cam',
      'recipro_cam',
      'vit_recipro_cam',
      'faster_score_cam',
      'score_cam',
      'ablation_cam',
      'is_cam',
      'ss_cam',
      'layer_feature_ablation',
    ],
  },
  {
    need: 'A table: features with names',
    because:
      'Each number is a feature. Trees give the exact answer at once; with few features it costs little for any model.',
    methods: [
      'tree_shap',
      'shapley_exact',
      'partition_shap',
      'kernel_shap',
      'integrated_gradients',
      'feature_permutation',
      'feature_ablation',
      'counterfactual',
      'anchors',
      'shapley_sampling',
    ],
  },
  {
    need: 'A series: sensors, sound',
    because: 'Windows and paths along time.',
    methods: ['occlusion', 'integrated_gradients', 'blur_ig', 'grad_cam', 'input_x_gradient', 'rise'],
  },
  {
    need: 'Tokens: text, or a vision transformer',
    because: 'Token ids are explained at their embedding; the maps of attention need attention over all tokens.',
    methods: [
      'transformer_attribution',
      'attn_lrp',
      'integrated_gradients',
      'layer_integrated_gradients',
      'lrp',
      'attention_rollout',
      'raw_attention',
      'grad_cam',
      'feature_ablation',
    ],
  },
  {
    need: 'Segmentation and detection',
    because:
      'Any method takes a region or a box as its [target](../targets.md); these give readable maps for few rows, or need no gradient.',
    methods: ['grad_cam', 'hires_cam', 'seg_eigen_cam', 'layer_cam', 'eigen_cam', 'd_rise', 'rise', 'occlusion'],
  },
  {
    need: 'Which layer, channel or neuron',
    because: 'Values of an inner tensor: name it as `target_layer`.',
    methods: [
      'layer_conductance',
      'layer_gradient_x_activation',
      'layer_integrated_gradients',
      'internal_influence',
      'layer_gradient',
      'layer_activation',
      'neuron_conductance',
      'neuron_integrated_gradients',
      'neuron_deep_lift',
      'neuron_deep_lift_shap',
      'neuron_gradient_shap',
      'neuron_gradient',
      'neuron_guided_backprop',
      'neuron_deconvolution',
    ],
  },
  {
    need: 'Why this class and not that one',
    because: 'Any method with the target `"cat - dog"` explains the margin; one finds the rivals by itself.',
    methods: [
      'finer_cam',
      'counterfactual',
      'anchors',
      'excitation_backprop',
      'integrated_gradients',
      'lrp',
      'grad_cam',
    ],
  },
  {
    need: 'A map for people to read: regions, clean edges',
    because: 'Areas in place of single pixels.',
    methods: ['xrai', 'meaningful_perturbation', 'eigen_grad_cam', 'grad_cam_plus_plus', 'lime', 'occlusion'],
  },
  {
    need: 'Fine detail',
    because:
      'One value for each pixel, smoothed or masked; the last two show what excites features more than why a class won.',
    methods: ['lrp', 'smooth_grad', 'layer_cam', 'refine_cam', 'guided_grad_cam', 'guided_backprop', 'deconvolution'],
  },
  {
    need: 'Less noise, or how sure the map is',
    because: 'Means, squares and variances over noisy copies; several methods in one; `standard_error` in the answer.',
    methods: [
      'smooth_grad',
      'smooth_grad_sq',
      'var_grad',
      'ensemble',
      'guided_ig',
      'integrated_decision_gradients',
      'smooth_grad_cam_plus_plus',
      'expected_grad_cam',
      'rise',
    ],
  },
  {
    need: 'What the model sees, whatever the class',
    because: 'For backbones and embeddings; every class gets the same map.',
    methods: ['eigen_cam', 'kpca_cam', 'fem', 'dff', 'tcav', 'layer_activation', 'attention_rollout', 'raw_attention'],
  },
  {
    need: 'Interactions and curvature',
    because: 'Features that matter only together, and heads that are far from linear.',
    methods: ['sobol', 'hsic', 'shapley_exact', 'shapley_cam', 'grad_cam_elementwise'],
  },
  {
    need: 'A sanity baseline',
    because:
      'A map that does not beat random weights says nothing, and one that is the same for every class does not explain the class.',
    methods: ['random_cam', 'eigen_cam', 'saliency'],
  },
];
