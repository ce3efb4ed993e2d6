import * as z from 'zod';
import { defineMethod } from '../../core/method/define.ts';
import { arxiv } from '../../core/method/papers.ts';
import {
  attentionBlocks,
  FUSIONS,
  followAttention,
  fuseHeads,
  headFusionParameter,
  multiply,
  queryParameter,
  type Square,
} from '../../core/strategy/activation/attention-flow.ts';

/** The product of the blocks' attention, each with the residual connection added: `R = A_L ... A_1`, `A = norm(mean_h A + I)`. */
export default defineMethod({
  apiVersion: 1,
  id: 'attention_rollout',
  strategy: 'activation',
  revision: 1,
  about: {
    title: 'Attention Rollout',
    summary: 'Which tokens flow into the answer through all the blocks of a transformer, whatever the class.',
    paper: arxiv('2005.00928', 2020, 'Quantifying Attention Flow in Transformers', 'equation 1'),
    properties: { signed: false, complete: false, deterministic: true, classDiscriminative: false },
  },
  params: z.object({
    head_fusion: headFusionParameter,
    discard_ratio: z
      .number()
      .min(0)
      .max(0.99)
      .default(0)
      .describe('Share of the weakest attention in each block that counts as zero.'),
    query: queryParameter('attention'),
  }),
  needs: (_, model) => {
    const { maps, tokens } = attentionBlocks(model);
    return { activations: [...maps, tokens.name] };
  },
  cost: () => ({ forwards: 1, backwards: 0 }),
  explain: (ctx) => {
    const { head_fusion, discard_ratio } = ctx.params;
    return followAttention(ctx, (flow, { attention }, size) => {
      const fused = fuseHeads(attention, size, FUSIONS[head_fusion]);
      return multiply(withResidual(withoutWeakest(fused, discard_ratio), size), flow, size);
    });
  },
});

/** Adds the identity, then makes each row sum to one. */
function withResidual(attention: Square, size: number): Square {
  const sums = new Float64Array(size).fill(1);
  for (const [i, value] of attention.entries()) {
    const row = Math.floor(i / size);
    sums[row] = (sums[row] as number) + value;
  }
  return attention.map((value, i) => (value + (i % (size + 1) === 0 ? 1 : 0)) / (sums[Math.floor(i / size)] as number));
}

function withoutWeakest(attention: Square, ratio: number): Square {
  const weakest = Array.from(attention.keys())
    .sort((i, j) => (attention[i] as number) - (attention[j] as number))
    .slice(0, Math.floor(attention.length * ratio));
  const kept = attention.slice();
  // The class token's attention to itself stays, as in the reference: a row of zeros would say nothing.
  for (const i of weakest) if (i !== 0) kept[i] = 0;
  return kept;
}
