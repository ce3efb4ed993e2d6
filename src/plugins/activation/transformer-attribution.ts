import * as z from 'zod';
import { defineMethod } from '../../core/method/define.ts';
import { arxiv } from '../../core/method/papers.ts';
import {
  attentionBlocks,
  followAttention,
  fuseHeads,
  multiply,
  queryParameter,
} from '../../core/strategy/activation/attention-flow.ts';
import { meanOf } from '../../core/tensor/sum.ts';

/** Relevance through self-attention, `R <- R + mean_h(relu(dA * A)) R` from `R = I` (equations 5 and 6 of the paper). */
export default defineMethod({
  apiVersion: 1,
  id: 'transformer_attribution',
  strategy: 'activation',
  revision: 1,
  about: {
    title: 'Transformer attribution',
    summary: 'Which tokens flow into the score: attention counts where more of it would raise the score.',
    paper: arxiv(
      '2103.15679',
      2021,
      'Generic Attention-model Explainability for Interpreting Bi-Modal and Encoder-Decoder Transformers',
      'equations 5 and 6',
    ),
    properties: { signed: false, complete: false, deterministic: true, classDiscriminative: true },
  },
  params: z.object({
    query: queryParameter('relevance'),
  }),
  needs: (_, model) => {
    const { maps, tokens } = attentionBlocks(model);
    return { gradients: maps, activations: [...maps, tokens.name] };
  },
  cost: () => ({ forwards: 0, backwards: 1 }),
  explain: (ctx) =>
    followAttention(ctx, (flow, { attention, slopes }, size) => {
      const helpful = attention.map((value, i) => Math.max(0, value * (slopes[i] as number)));
      const added = multiply(fuseHeads(helpful, size, meanOf), flow, size);
      return flow.map((value, i) => value + (added[i] as number));
    }),
});
