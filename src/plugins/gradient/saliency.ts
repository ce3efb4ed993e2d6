import { arxiv } from '../../core/method/papers.ts';
import { defineSinglePass } from '../../core/strategy/single-pass.ts';

/** The derivative of the score with respect to each element of the input. */
export default defineSinglePass({
  id: 'saliency',
  strategy: 'gradient',
  revision: 1,
  about: {
    title: 'Saliency',
    summary:
      'How much the score changes when an element of the input changes a little: the gradient, or its absolute value.',
    paper: arxiv(
      '1312.6034',
      2013,
      'Deep Inside Convolutional Networks: Visualising Image Classification Models and Saliency Maps',
      'section 3.1',
    ),
    properties: { signed: false, complete: false, deterministic: true, classDiscriminative: true },
    axioms: ['symmetry', 'dummy'],
  },
  presets: {
    captum: { absolute: true },
    xplique: { absolute: true, reduction: 'max_abs' },
    pair: { absolute: false },
    zennit: { absolute: false },
  },
  absolute: true,
  needs: () => ({ gradients: 'sources' }),
});
