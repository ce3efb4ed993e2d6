/** Table from an entry of Quantus to our metric: parameters, and the compared part of the measurement. */
import type { MetricRequest } from '../../src/core/metrics/measure.ts';
import type { Measurement } from '../../src/core/metrics/metric.ts';

/** Facts of a reference file about an entry of a metric. */
export interface MetricFields {
  readonly features_in_step?: number;
  readonly patch_size?: number;
  readonly nr_runs?: number;
  readonly subset_size?: number;
  readonly nr_samples?: number;
  readonly noise_magnitude?: number;
  readonly n_bins?: number;
  readonly k?: number;
  readonly eps?: number;
  readonly abs?: boolean;
  readonly concept_influence?: boolean;
  readonly positive_attributions?: boolean;
  readonly other_class?: readonly number[];
}

export interface MetricRecipe extends MetricRequest {
  /** The array that is measured; `attribution` when left out. */
  readonly of?: 'attribution' | 'attribution_map' | 'gradient_of_target' | 'cam';
  /** No map: the values of all elements are measured. */
  readonly flat?: boolean;
  /** Number that is compared, when not the score. */
  readonly read?: (measured: Measurement) => readonly number[];
  /** Arrays of recorded draws by parameter, each with a row for each example. */
  readonly recorded?: Readonly<Record<string, string>>;
  /** The models are those of the file, in place of shuffled ones. */
  readonly models?: boolean;
  /** Parameters of a method other than the plain gradient. */
  readonly method?: Readonly<Record<string, unknown>>;
  /** Drops recorded draws that the metric does not make. */
  readonly draws?: (values: readonly number[], size: number) => readonly number[];
}

const curve = (measured: Measurement): readonly number[] => measured.curve?.y ?? [];

const removal = (metric: string, params: (fields: MetricFields) => object = () => ({}), more: object = {}) => {
  return (fields: MetricFields): MetricRecipe => ({ metric, params: { baseline: 0, ...params(fields) }, ...more });
};

const step = ({ features_in_step }: MetricFields) => ({ features_in_step });
const patch = ({ patch_size }: MetricFields) => ({ patch_size });

const local = (metric: string, params: (fields: MetricFields) => object) => {
  return (fields: MetricFields): MetricRecipe => ({ metric, params: { ...params(fields) }, of: 'attribution_map' });
};

const absolute = ({ abs }: MetricFields) => ({ absolute: abs });

const moved = (metric: string, noise: string) => {
  return ({ nr_samples }: MetricFields): MetricRecipe => ({
    metric,
    params: { n_perturb_samples: nr_samples },
    of: 'gradient_of_target',
    recorded: { perturbations: noise },
  });
};

const sanity = (metric: string, params: (fields: MetricFields) => object, more: object = {}) => {
  return (fields: MetricFields): MetricRecipe => ({
    metric,
    params: { of: 'elements', normalise: false, ...params(fields) },
    of: 'gradient_of_target',
    ...more,
  });
};

const concentration = (
  metric: string,
  of: MetricRecipe['of'],
  params: (fields: MetricFields) => object = () => ({}),
) => {
  return (fields: MetricFields): MetricRecipe => ({
    metric,
    params: { ...params(fields) },
    ...(of && { of }),
    flat: true,
  });
};

const map = (metric: string) => (): MetricRecipe => ({
  metric,
  params: { answer: 'probability' },
  of: 'cam',
  method: { absolute: true, reduction: 'sum' },
});

const segments = { recorded: { segment_mask: 'irof_segments' } };

/** By the name of the entry. */
export const METRIC_ENTRIES: Readonly<Record<string, (fields: MetricFields) => MetricRecipe>> = {
  faithfulness_correlation: removal(
    'faithfulness_correlation',
    ({ nr_runs, subset_size }) => ({ nr_runs, subset_size }),
    { recorded: { subsets: 'faithfulness_correlation_subsets' } },
  ),
  faithfulness_estimate: removal('faithfulness_estimate', step),
  pixel_flipping_curve: removal('pixel_flipping', step, { read: curve }),
  pixel_flipping_auc: removal('pixel_flipping', ({ features_in_step = 0 }) => ({ features_in_step })),
  pixel_flipping_curve_black: removal('pixel_flipping', (fields) => ({ ...step(fields), baseline: 'black' }), {
    read: curve,
  }),
  pixel_flipping_auc_black: removal('pixel_flipping', (fields) => ({ ...step(fields), baseline: 'black' })),
  region_perturbation_morf: removal('region_perturbation', patch, { read: curve }),
  region_perturbation_lerf: removal('region_perturbation', (fields) => ({ ...patch(fields), order: 'lerf' }), {
    read: curve,
  }),
  selectivity: removal('selectivity', patch, { read: curve }),
  irof: removal('irof', undefined, segments),
  irof_by_formula: removal('irof', undefined, segments),
  irof_by_formula_mean: removal('irof', () => ({ baseline: 'mean' }), segments),
  monotonicity_arya_by_formula: removal('monotonicity', step),
  monotonicity_arya_curve: removal('monotonicity', step, { read: curve }),
  monotonicity_nguyen: removal('monotonicity_correlation', step),
  infidelity_by_formula: removal(
    'infidelity',
    ({ patch_size }) => ({ patch_size, perturbation: 'grid', multiply_by_inputs: false }),
    { of: 'gradient_of_target' },
  ),
  max_sensitivity: moved('max_sensitivity', 'uniform_noise'),
  avg_sensitivity: moved('avg_sensitivity', 'uniform_noise'),
  local_lipschitz_estimate: moved('local_lipschitz_estimate', 'normal_noise'),
  relevance_rank_accuracy: local('relevance_rank_accuracy', absolute),
  relevance_mass_accuracy: local('relevance_mass_accuracy', absolute),
  attribution_localisation: local('attribution_localisation', (fields) => ({
    ...absolute(fields),
    positive_attributions: fields.positive_attributions,
  })),
  attribution_localisation_positive: local('attribution_localisation', (fields) => ({
    ...absolute(fields),
    positive_attributions: fields.positive_attributions,
  })),
  pointing_game: local('pointing_game', () => ({})),
  top_k_intersection: local('top_k_intersection', (fields) => ({ ...absolute(fields), k: fields.k })),
  top_k_intersection_concept_influence: local('top_k_intersection', (fields) => ({
    ...absolute(fields),
    k: fields.k,
    concept_influence: fields.concept_influence,
  })),
  auc: local('localisation_auc', absolute),
  sparseness: concentration('sparseness', 'attribution'),
  sparseness_of_map: concentration('sparseness', 'attribution_map'),
  complexity: concentration('complexity', 'attribution'),
  complexity_of_map: concentration('complexity', 'attribution_map'),
  effective_complexity: concentration('effective_complexity', 'attribution', ({ eps }) => ({ eps })),
  effective_complexity_of_map: concentration('effective_complexity', 'attribution_map', ({ eps }) => ({ eps })),
  random_logit: sanity('random_logit', ({ other_class }) => ({ other_class: other_class?.[0] })),
  random_logit_spearman: sanity('random_logit', ({ other_class }) => ({
    other_class: other_class?.[0],
    similarity: 'spearman',
  })),
  mprt: sanity('parameter_randomisation', () => ({}), { models: true, read: curve }),
  mprt_ssim: sanity('parameter_randomisation', () => ({ similarity: 'ssim' }), { models: true, read: curve }),
  smooth_mprt: sanity(
    'smooth_parameter_randomisation',
    ({ nr_samples, noise_magnitude }) => ({ nr_samples, noise_magnitude }),
    {
      models: true,
      read: curve,
      recorded: { perturbations: 'smooth_mprt_noise' },
      // The library explains the model a second time, with draws of its own, and drops that.
      draws: (values: readonly number[], size: number) => [...values.slice(0, 3 * size), ...values.slice(6 * size)],
    },
  ),
  efficient_mprt: (fields) => ({
    metric: 'efficient_parameter_randomisation',
    params: { n_bins: fields.n_bins },
    of: 'gradient_of_target',
    models: true,
  }),
  average_drop: map('average_drop'),
  increase_in_confidence: map('increase_in_confidence'),
  adcc: map('adcc'),
};

/** Reasons to leave an entry out. */
export const METRIC_SKIPS: Readonly<Record<string, string>> = {
  monotonicity_arya: 'the library fills the input with the baseline twice; monotonicity_arya_by_formula counts',
  infidelity: 'the library keeps earlier patches covered; infidelity_by_formula counts',
  irof_mean: 'the library takes the mean of what it has changed so far; irof_by_formula_mean counts',
};

/** Arrays that are given, not measured. */
export const METRIC_INPUTS: ReadonlySet<string> = new Set([
  'input',
  'logits',
  'attribution',
  'attribution_map',
  'mask',
  'order',
  'order_of_magnitudes',
  'faithfulness_correlation_subsets',
  'irof_segments',
  'gradient_of_target',
  'uniform_noise',
  'normal_noise',
  'smooth_mprt_noise',
  'cam',
]);
