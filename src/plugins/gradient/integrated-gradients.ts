import { arxiv } from '../../core/method/papers.ts';
import { definePathMethod } from '../../core/strategy/gradient/define-path.ts';
import { quadrature, quadratureParameter } from '../../core/strategy/gradient/quadrature.ts';

/** The mean gradient on the line from a baseline to the input, times the way from one to the other. */
export default definePathMethod({
  id: 'integrated_gradients',
  revision: 2,
  about: {
    title: 'Integrated Gradients',
    summary:
      'How much each element adds to the score on the way from a baseline to the input; the sum is the whole difference.',
    paper: arxiv('1703.01365', 2017, 'Axiomatic Attribution for Deep Networks', 'equation 1'),
    properties: { signed: true, complete: true, deterministic: true, classDiscriminative: true },
    axioms: ['symmetry', 'dummy', 'linearity', 'sensitivity'],
  },
  presets: {
    captum: { n_steps: 50, quadrature: 'gausslegendre', baseline: 0, multiply_by_inputs: true },
    xplique: { n_steps: 50, quadrature: 'riemann_trapezoid', baseline: 0, reduction: 'mean' },
    pair: { n_steps: 25, quadrature: 'uniform', baseline: 0 },
    zennit: { n_steps: 20, quadrature: 'riemann_right', baseline: 0 },
  },
  steps: 50,
  params: { quadrature: quadratureParameter },
  nodes: ({ n_steps, quadrature: rule }) => quadrature(rule, n_steps),
});
