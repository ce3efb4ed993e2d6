import * as z from 'zod';
import { excitation } from '../../core/autodiff/rulesets/excitation.ts';
import { arxiv } from '../../core/method/papers.ts';
import { defineSinglePass } from '../../core/strategy/single-pass.ts';

/** Excitation backprop: the probability that each element wins when each winner passes its win to a unit that excites it. */
export default defineSinglePass({
  id: 'excitation_backprop',
  strategy: 'activation',
  revision: 1,
  about: {
    title: 'Excitation Backprop',
    summary:
      'Where the excitation of the score comes from: each unit shares its probability of winning among those below it, by what they add with positive weights.',
    paper: arxiv('1608.00507', 2016, 'Top-down Neural Attention by Excitation Backprop', 'equation 10'),
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
  },
  params: {
    contrastive: z
      .boolean()
      .default(false)
      .describe(
        'Takes off what excites the dual of the class, which has the negative weights in the last layer: what is left tells the class from others.',
      ),
    target_layer: z
      .string()
      .min(1)
      .default('input')
      .describe(
        'Where the probabilities are read: "input", or the name of an inner tensor, behind a ReLU at best; negative inputs win nothing.',
      ),
  },
  needs: ({ contrastive, target_layer }, model) => ({
    gradients: target_layer === 'input' ? 'sources' : [model.tensor(target_layer).name],
    ruleset: excitation(contrastive),
  }),
});
