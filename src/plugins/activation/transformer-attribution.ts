import * as z from 'zod';
import { defineMethod } from '../../core/method/define.ts';
import { arxiv } from '../../core/method/papers.ts';
import {
  attentionBlocks,
  attributeFlow,
  fuseHeads,
  identity,
  multiply,
  queryParameter,
} from '../../core/strategy/activation/attention-flow.ts';
import { meanOf } from '../../core/tensor/sum.ts';
import type { Tensor } from '../../core/tensor/tensor.ts';

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
    modalities: ['image', 'tokens'],
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
  explain: async (ctx) => {
    const blocks = attentionBlocks(ctx.model);
    const { activations, gradients } = await ctx.evaluate(ctx.inputs);
    const tokens = activations[blocks.tokens.name] as Tensor<'float32'>;
    const size = tokens.dims[1] as number;
    let flow = identity(size);
    for (const name of blocks.maps) {
      const slopes = gradients[name]?.data as Float32Array;
      const helpful = (activations[name] as Tensor<'float32'>).data.map((value, i) =>
        Math.max(0, value * (slopes[i] as number)),
      );
      const mean = fuseHeads(helpful, size, meanOf);
      const added = multiply(mean, flow, size);
      flow = flow.map((value, i) => value + (added[i] as number));
    }
    return { values: attributeFlow(flow, blocks, tokens, ctx.params.query, ctx.model) };
  },
});
