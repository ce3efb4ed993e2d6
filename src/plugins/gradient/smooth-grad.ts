import { arxiv } from '../../core/method/papers.ts';
import { defineNoiseTunnel } from '../../core/strategy/gradient/noise-tunnel.ts';

/** E[a(x + noise)], for the attribution a of any gradient or activation method. */
export default defineNoiseTunnel({
  id: 'smooth_grad',
  revision: 1,
  about: {
    title: 'SmoothGrad',
    summary: 'What another method says on average about noisy copies of the input: less speckled maps.',
    paper: arxiv('1706.03825', 2017, 'SmoothGrad: removing noise by adding noise'),
    axioms: ['dummy', 'linearity'],
  },
  presets: {
    pair: { n_samples: 25, stdev_spread: 0.15 },
    zennit: { n_samples: 20, stdev_spread: 0.1 },
  },
  signed: true,
  combine: (moments) => moments.mean,
  isMean: true,
});
