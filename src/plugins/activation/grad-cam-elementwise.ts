import { defineCam, products } from '../../core/strategy/activation/cam.ts';

/** Only the products of gradient and activation that are positive, summed over the channels: `sum_k relu(g_k A_k)`. */
export default defineCam({
  id: 'grad_cam_elementwise',
  revision: 2,
  about: {
    title: 'Grad-CAM, element-wise',
    summary:
      'Where features raise the score: gradient times activation, with all that lowers it left out before adding up.',
  },
  presets: { pytorch_grad_cam: { relu: true } },
  contributions: (maps) => products(maps).map((product) => Math.max(0, product)),
});
