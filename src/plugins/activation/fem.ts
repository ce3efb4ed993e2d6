import * as z from 'zod';
import { choice } from '../../core/method/choice.ts';
import { defineCam, perChannel } from '../../core/strategy/activation/cam.ts';
import { meanOf } from '../../core/tensor/sum.ts';

/** Feature maps weighted by how much of them stands out: values above mean + k standard deviations. */
export default defineCam({
  id: 'fem',
  revision: 2,
  about: {
    title: 'FEM',
    summary: 'Where features are strikingly strong: what stands out by k standard deviations, whatever the class.',
    paper: {
      title: 'Features Understanding in 3D CNNs for Actions Recognition in Video',
      year: 2020,
      url: 'https://hal.science/hal-02963298',
    },
  },
  presets: {
    pytorch_grad_cam: { relu: true, k: 2, convention: 'mask_mean' },
    xplique: { k: 1, convention: 'channel_mean' },
  },
  gradients: false,
  params: {
    k: z.number().min(0).max(10).default(2).describe('How many standard deviations above the mean a value must be.'),
    convention: choice(
      ['mask_mean', 'channel_mean'],
      'mask_mean',
      'Libraries differ. mask_mean: feature maps, each weighted with the share of it that stands out, as pytorch-grad-cam; channel_mean: the positions that stand out, each weighted with the mean of its channel, as Xplique.',
    ),
  },
  contributions: (maps, { k, convention }) => {
    const { positions, activations } = maps;
    const means = perChannel(maps, meanOf);
    const limits = perChannel(maps, (values) => {
      const mean = meanOf(values);
      let squares = 0;
      for (let p = 0; p < values.length; p++) squares += ((values[p] as number) - mean) ** 2;
      return mean + k * Math.sqrt(squares / values.length);
    });
    const contributions = new Float64Array(activations.length);
    for (let c = 0; c < maps.channels; c++) {
      const limit = limits[c] as number;
      const from = c * positions;
      if (convention === 'channel_mean') {
        const mean = means[c] as number;
        for (let i = from; i < from + positions; i++) contributions[i] = (activations[i] as number) >= limit ? mean : 0;
        continue;
      }
      let outstanding = 0;
      for (let i = from; i < from + positions; i++) if ((activations[i] as number) > limit) outstanding++;
      const share = outstanding / positions;
      for (let i = from; i < from + positions; i++) contributions[i] = (activations[i] as number) * share;
    }
    return contributions;
  },
});
