import { arxiv } from '../../core/method/papers.ts';
import { defineCam, perChannel } from '../../core/strategy/activation/cam.ts';
import { productsOf } from '../../core/tensor/products.ts';
import { sumOf } from '../../core/tensor/sum.ts';

/** Keeps a channel without activation from dividing by zero. */
const EPSILON = 1e-7;

/** The mean gradient of each channel, weighted with where the channel is active: `w_k = sum(g_k A_k) / sum(A_k)`. */
export default defineCam({
  id: 'xgrad_cam',
  revision: 2,
  about: {
    title: 'XGrad-CAM',
    summary:
      'Where the features lie that raise the score, weighted so that the map keeps to sensitivity and conservation.',
    paper: arxiv('2008.02312', 2020, 'Axiom-based Grad-CAM: Towards Accurate Visualization and Explanation of CNNs'),
  },
  presets: { pytorch_grad_cam: { relu: true } },
  weights: (maps) =>
    perChannel(maps, (activations, gradients) => {
      const total = sumOf(activations) + EPSILON;
      return total === 0 ? 0 : sumOf(productsOf(activations, gradients)) / total;
    }),
});
