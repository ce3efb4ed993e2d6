/** Parameters and result of methods that perturb features: groups of elements that are absent or present together. */
import type { ExplainContext } from '../../method/contract.ts';
import type { Float32Tensors } from '../../tensor/rows.ts';
import { baselineParameter } from '../baseline.ts';
import { absoluteParameter, finishValues, reductionParameter, type ValueParameters } from '../reduction.ts';
import { type FeatureMask, featureMaskParameters, spreadFeatures } from './feature-mask.ts';

/** Parameters of a method over features. */
export const featureMethodParameters = (defaults: Parameters<typeof featureMaskParameters>[0]) => ({
  ...featureMaskParameters(defaults),
  baseline: baselineParameter,
  absolute: absoluteParameter(false),
  reduction: reductionParameter,
});

/** Attribution of the elements from one number per feature. */
export const finishFeatures = (
  { model, params }: Pick<ExplainContext<ValueParameters>, 'model' | 'params'>,
  mask: FeatureMask,
  values: ArrayLike<number>,
): Float32Tensors => finishValues(spreadFeatures(mask, values, model), params, model);
