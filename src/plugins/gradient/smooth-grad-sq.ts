import { defineNoiseTunnel } from '../../core/strategy/gradient/noise-tunnel.ts';

/** E[a(x + noise)^2], for the attribution a of any gradient or activation method. */
export default defineNoiseTunnel({
  id: 'smooth_grad_sq',
  revision: 1,
  about: {
    title: 'SmoothGrad squared',
    summary: 'The mean of the squares of what another method says about noisy copies of the input.',
    paper: {
      title: 'A Benchmark for Interpretability Methods in Deep Neural Networks',
      year: 2018,
      url: 'https://arxiv.org/abs/1806.10758',
    },
    modalities: ['image', 'vector', 'series', 'tokens'],
    properties: { signed: false, complete: false, deterministic: false, classDiscriminative: true },
    axioms: ['dummy'],
  },
  presets: {
    captum: { n_samples: 5, stdevs: 1, base_params: ['absolute=true'] },
    xplique: { n_samples: 50, stdevs: 0.2, reduction: 'mean' },
    pair: { n_samples: 25, stdev_spread: 0.15 },
  },
  combine: (moments) => moments.meanSquare,
});
