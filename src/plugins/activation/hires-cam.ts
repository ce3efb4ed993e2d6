import { arxiv } from '../../core/method/papers.ts';
import { defineCam, products } from '../../core/strategy/activation/cam.ts';

/** Gradient times activation at each position, summed over the channels. */
export default defineCam({
  id: 'hires_cam',
  revision: 2,
  about: {
    title: 'HiResCAM',
    summary:
      'Where the features lie that raise the score, each position with its own gradient: exact for a linear classifier.',
    paper: arxiv(
      '2011.08891',
      2020,
      'Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional neural networks',
    ),
  },
  presets: { pytorch_grad_cam: { relu: true } },
  contributions: products,
});
