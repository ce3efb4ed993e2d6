/** Class activation maps that are a weighted sum of the feature maps, or its first principal component. */
import type { Attribution, Evaluation, ExplainContext } from '../../method/contract.ts';
import { finishCam, weightedSum } from './cam.ts';
import type { FeatureMaps } from './feature-maps.ts';
import { principalProjection } from './principal-component.ts';

/** The attribution out of the feature maps, each times its weight. */
export const finishWeighted = <P>(
  ctx: Pick<ExplainContext<P>, 'model'>,
  params: { readonly target_layer: string; readonly relu: boolean; readonly eigen_smooth: boolean },
  evaluation: Pick<Evaluation, 'activations' | 'gradients'>,
  weights: (maps: FeatureMaps) => ArrayLike<number>,
): Attribution =>
  finishCam(ctx, params, evaluation, (maps) =>
    weightedSum(maps, weights(maps), params.eigen_smooth ? principalProjection : undefined),
  );
