import * as z from 'zod';
import { arxiv } from '../../core/method/papers.ts';
import { defineCam, meanGradients } from '../../core/strategy/activation/cam.ts';

/** Feature maps, each weighted with the mean of its gradient (equations 1 and 2 of the paper). */
export default defineCam({
  id: 'grad_cam',
  revision: 2,
  about: {
    title: 'Grad-CAM',
    summary:
      'Where the features lie that raise the score: the feature maps of a layer, each weighted with its mean gradient.',
    paper: arxiv(
      '1610.02391',
      2017,
      'Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization',
      'equations 1 and 2',
    ),
  },
  presets: { captum: { relu: false }, pytorch_grad_cam: { relu: true }, xplique: { relu: true }, pair: { relu: true } },
  params: {
    attr_dim_summation: z
      .boolean()
      .default(true)
      .describe('Adds the weighted feature maps up; false gives each of them, one per channel of the layer.'),
  },
  weights: meanGradients,
});
