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
  },
  combine: (moments) => moments.mean,
  isMean: true,
});
