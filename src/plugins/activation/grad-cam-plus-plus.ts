import { choice } from '../../core/method/choice.ts';
import { arxiv } from '../../core/method/papers.ts';
import { defineCam, type FeatureMaps, perChannel } from '../../core/strategy/activation/cam.ts';
import { meanOf, sumOf } from '../../core/tensor/sum.ts';

/** Keeps the ratio finite where nothing is active; the last two conventions have none. */
const EPSILON = 1e-6;

/**
 * Feature maps weighted with their positive gradients, rare positions counting more (equations 10 and 19 of the paper, for
 * an exponential score): `w_k = sum_p relu(g) g^2 / (2 g^2 + g^3 sum(A_k))`.
 */
export default defineCam({
  id: 'grad_cam_plus_plus',
  revision: 2,
  about: {
    title: 'Grad-CAM++',
    summary:
      'Where the features lie that raise the score, also when they lie in several positions: each with its own weight.',
    paper: arxiv(
      '1710.11063',
      2018,
      'Grad-CAM++: Generalized Gradient-based Visual Explanations for Deep Convolutional Networks',
      'equations 10 and 19',
    ),
  },
  presets: { pytorch_grad_cam: { relu: true, convention: 'sum' }, xplique: { relu: true, convention: 'mean' } },
  params: {
    convention: choice(
      ['sum', 'mean', 'joint_sum', 'normalised'],
      'sum',
      'Libraries differ. sum: equation 19, as pytorch-grad-cam; mean: means in place of sums, as Xplique; joint_sum: as torch-cam; normalised: the weights of a channel sum to one, as tf-keras-vis.',
    ),
  },
  weights: (maps, { convention }) => plusPlusWeights(maps, convention),
});

type Convention = 'sum' | 'mean' | 'joint_sum' | 'normalised';

/** One number per channel. */
export function plusPlusWeights(maps: FeatureMaps, convention: Convention): Float64Array {
  return perChannel(maps, (activations, gradients) => {
    const total =
      convention === 'mean'
        ? meanOf(activations)
        : convention === 'joint_sum'
          ? sumOf(activations.map((value, p) => value * (gradients[p] as number) ** 3))
          : sumOf(activations);
    const epsilon = convention === 'sum' || convention === 'mean' ? EPSILON : 0;
    let [ratios, weights] = [0, 0];
    for (let p = 0; p < gradients.length; p++) {
      const g = gradients[p] as number;
      if (g === 0) continue;
      const square = g * g;
      const denominator = 2 * square + (convention === 'joint_sum' ? total : total * square * g) + epsilon;
      if (denominator === 0) continue;
      ratios += square / denominator;
      if (g > 0) weights += (square / denominator) * g;
    }
    if (convention === 'normalised') return weights / (ratios || 1);
    return convention === 'mean' ? weights / gradients.length : weights;
  });
}
