import * as z from 'zod';
import { defineCam, perChannel } from '../../core/strategy/activation/cam.ts';
import { meanOf } from '../../core/tensor/sum.ts';

/** Feature maps, each weighted with the mean of its gradient (equations 1 and 2 of the paper). */
export default defineCam({
  id: 'grad_cam',
  revision: 2,
  about: {
    title: 'Grad-CAM',
    summary:
      'Where the features lie that raise the score: the feature maps of a layer, each weighted with its mean gradient.',
    paper: {
      title: 'Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization',
      year: 2017,
      url: 'https://arxiv.org/abs/1610.02391',
      where: 'equations 1 and 2',
    },
    modalities: ['image', 'series', 'vector', 'tokens'],
    properties: { signed: false, complete: false, deterministic: true, classDiscriminative: true },
  },
  presets: { captum: { relu: false }, pytorch_grad_cam: { relu: true }, xplique: { relu: true }, pair: { relu: true } },
  params: {
    attr_dim_summation: z
      .boolean()
      .default(true)
      .describe('Adds the weighted feature maps up; false gives each of them, one per channel of the layer.'),
  },
  weights: (maps) => perChannel(maps, (_, gradients) => meanOf(gradients)),
});
