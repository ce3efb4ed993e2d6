import { defineNoiseTunnel } from '../../core/strategy/gradient/noise-tunnel.ts';

/** E[a(x + noise)], for the attribution a of any gradient or activation method. */
export default defineNoiseTunnel({
  id: 'smooth_grad',
  revision: 1,
  about: {
    title: 'SmoothGrad',
    summary: 'What another method says on average about noisy copies of the input: less speckled maps.',
    paper: { title: 'SmoothGrad: removing noise by adding noise', year: 2017, url: 'https://arxiv.org/abs/1706.03825' },
    modalities: ['image', 'vector', 'series', 'tokens'],
    properties: { signed: true, complete: false, deterministic: false, classDiscriminative: true },
    axioms: ['dummy', 'linearity'],
  },
  presets: {
    captum: { n_samples: 5, stdevs: 1, base_params: ['absolute=true'] },
    xplique: { n_samples: 50, stdevs: 0.2, reduction: 'mean' },
    pair: { n_samples: 25, stdev_spread: 0.15 },
    zennit: { n_samples: 20, stdev_spread: 0.1 },
  },
  combine: (moments) => moments.mean,
  isMean: true,
});
