import { lrp } from '../../core/autodiff/rulesets/lrp.ts';
import { choice } from '../../core/method/choice.ts';
import { arxiv } from '../../core/method/papers.ts';
import { relevanceAt, relevanceGradients, relevanceParameters } from '../../core/strategy/relevance.ts';
import { defineSinglePass } from '../../core/strategy/single-pass.ts';

/**
 * Relevance through transformers (AttnLRP). Relevance starts as the target's score at the logits. Of a function
 * f linearised at x, f_j(x) = sum_i J_ji x_i + b_j, input i gets R_i = sum_j J_ji x_i R_j / (f_j + epsilon sign(f_j)):
 *
 * - linear layers, sums and means: R_i = sum_j W_ji x_i R_j / (z_j + epsilon sign(z_j)) (equation 8);
 * - element-wise functions (GELU, SiLU, ReLU): all of it goes to the input, R_i = R_i;
 * - softmax s of x, by the Taylor expansion at x: R_i = x_i (R_i - s_i sum_j R_j) (proposition 3.1);
 * - products of activations, O = A V: each factor gets half, R_ji = sum_p A_ji V_ip R_jp / (2 O_jp + epsilon)
 *   (proposition 3.3);
 * - normalisations: mean and shift take their share, or R_i = R_i (proposition 3.4);
 * - products of attention and values by CP-LRP, as an option: all of it goes to the values;
 * - products x g(x), as exporters write GELU and SiLU, are element-wise functions of x.
 *
 * Only the softmax does not conserve: the constant of its expansion keeps what is missing.
 */
export default defineSinglePass({
  id: 'attn_lrp',
  strategy: 'activation',
  revision: 3,
  about: {
    title: 'AttnLRP',
    summary: 'How the score of a transformer is shared out, through attention as well as through its dense layers.',
    paper: arxiv(
      '2402.05602',
      2024,
      'AttnLRP: Attention-Aware Layer-Wise Relevance Propagation for Transformers',
      'propositions 3.1, 3.3 and 3.4',
    ),
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
    axioms: ['linearity'],
  },
  presets: { lxt: { epsilon: 1e-9, normalization: 'linear' } },
  params: {
    ...relevanceParameters,
    normalization: choice(
      ['linear', 'identity'],
      'linear',
      'Rule of layer, instance, group and batch norms. linear: the deviation is a constant, and mean and shift take their share, as LXT; identity: all relevance is handed on, as proposition 3.4 of the paper, and the values grow behind norms with large shifts.',
    ),
    attention: choice(
      ['attn_lrp', 'cp_lrp'],
      'attn_lrp',
      'Rule of attention. attn_lrp: half of the relevance goes through the softmax to queries and keys; cp_lrp: the probabilities count as constants, and the values get all of it, as LXT does in vision transformers.',
    ),
  },
  needs: ({ epsilon, normalization, attention, zero_params, target_layer }, model) => ({
    gradients: relevanceGradients(target_layer, model),
    ruleset: lrp({ composite: 'epsilon', epsilon, normalization, attention, zeroParams: zero_params }),
  }),
  values: (evaluation, { params, model }) => relevanceAt(params.target_layer, model, evaluation),
});
