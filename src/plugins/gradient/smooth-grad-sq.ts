import { arxiv } from '../../core/method/papers.ts';
import { defineNoiseTunnel } from '../../core/strategy/gradient/noise-tunnel.ts';

/** E[a(x + noise)^2], for the attribution a of any gradient or activation method. */
export default defineNoiseTunnel({
  id: 'smooth_grad_sq',
  revision: 1,
  about: {
    title: 'SmoothGrad squared',
    summary: 'The mean of the squares of what another method says about noisy copies of the input.',
    paper: arxiv('1806.10758', 2018, 'A Benchmark for Interpretability Methods in Deep Neural Networks'),
    axioms: ['dummy'],
  },
  presets: {
    pair: { n_samples: 25, stdev_spread: 0.15 },
  },
  signed: false,
  combine: (moments) => moments.meanSquare,
});
