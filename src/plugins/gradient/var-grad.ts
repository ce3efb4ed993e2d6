import { arxiv } from '../../core/method/papers.ts';
import { defineNoiseTunnel } from '../../core/strategy/gradient/noise-tunnel.ts';

/** E[a(x + noise)^2] - E[a(x + noise)]^2, for the attribution a of any gradient or activation method. */
export default defineNoiseTunnel({
  id: 'var_grad',
  revision: 1,
  about: {
    title: 'VarGrad',
    summary: 'How much what another method says varies between noisy copies of the input.',
    paper: arxiv(
      '1810.03307',
      2018,
      'Local Explanation Methods for Deep Neural Networks Lack Sensitivity to Parameter Values',
    ),
    axioms: ['dummy'],
  },
  signed: false,
  combine: (moments) => moments.variance,
});
