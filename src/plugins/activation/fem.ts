import { z } from 'zod';
import { defineCam, meanOf, perChannel } from '../../core/strategy/activation/cam.ts';

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
    modalities: ['image', 'series', 'vector', 'tokens'],
    properties: { signed: false, complete: false, deterministic: true, classDiscriminative: false },
  },
  presets: {
    pytorch_grad_cam: { relu: true, k: 2, convention: 'mask_mean' },
    xplique: { k: 1, convention: 'channel_mean' },
  },
  gradients: false,
  params: {
    k: z.number().min(0).max(10).default(2).describe('How many standard deviations above the mean a value must be.'),
    convention: z
      .enum(['mask_mean', 'channel_mean'])
      .default('mask_mean')
      .describe(
        'Libraries differ. mask_mean: feature maps, each weighted with the share of it that stands out, as pytorch-grad-cam; channel_mean: the places that stand out, each weighted with the mean of its channel, as Xplique.',
      ),
  },
  contributions: (maps, { k, convention }) => {
    const { positions, activations } = maps;
    const means = perChannel(maps, meanOf);
    const limits = perChannel(maps, (values) => {
      const mean = meanOf(values);
      return mean + k * Math.sqrt(meanOf(Float64Array.from(values, (value) => (value - mean) ** 2)));
    });
    const channelOf = (i: number): number => Math.floor(i / positions);
    if (convention === 'channel_mean') {
      return Float64Array.from(activations, (value, i) =>
        value >= (limits[channelOf(i)] as number) ? (means[channelOf(i)] as number) : 0,
      );
    }
    const shares = new Float64Array(maps.channels);
    for (const [i, value] of activations.entries()) {
      const c = channelOf(i);
      if (value > (limits[c] as number)) shares[c] = (shares[c] as number) + 1 / positions;
    }
    return activations.map((value, i) => value * (shares[channelOf(i)] as number));
  },
});
