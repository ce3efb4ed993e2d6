import { defineNoiseTunnel } from '../../core/strategy/gradient/noise-tunnel.ts';

/** E[a(x + noise)^2] - E[a(x + noise)]^2, for the attribution a of any gradient or activation method. */
export default defineNoiseTunnel({
  id: 'var_grad',
  revision: 1,
  about: {
    title: 'VarGrad',
    summary: 'How much what another method says varies between noisy copies of the input.',
    paper: {
      title: 'Local Explanation Methods for Deep Neural Networks Lack Sensitivity to Parameter Values',
      year: 2018,
      url: 'https://arxiv.org/abs/1810.03307',
    },
    modalities: ['image', 'vector', 'series', 'tokens'],
    properties: { signed: false, complete: false, deterministic: false, classDiscriminative: true },
    axioms: ['dummy'],
  },
  presets: {
    captum: { n_samples: 5, stdevs: 1, base_params: ['absolute=true'] },
    xplique: { n_samples: 50, stdevs: 0.2, reduction: 'mean' },
  },
  combine: (moments) => moments.variance,
});
