import * as z from 'zod';
import { WhylightError } from '../../core/errors.ts';
import { defineMethod } from '../../core/method/define.ts';
import { arxiv } from '../../core/method/papers.ts';
import type { ModelInfo } from '../../core/model/info.ts';
import {
  attentionBlocks,
  attributeFlow,
  FUSIONS,
  fuseHeads,
  headFusionParameter,
  queryParameter,
} from '../../core/strategy/activation/attention-flow.ts';
import type { Tensor } from '../../core/tensor/tensor.ts';

const params = z.object({
  block: z
    .int()
    .min(-200)
    .max(200)
    .default(-1)
    .describe('Block whose attention is read, from 0; negative numbers count from the last, which is -1.'),
  head_fusion: headFusionParameter,
  query: queryParameter('attention'),
});

/** The attention probabilities of one block, `A = softmax(Q K^T / sqrt(d))`, read at one token: a map for each head. */
export default defineMethod({
  apiVersion: 1,
  id: 'raw_attention',
  strategy: 'activation',
  revision: 1,
  about: {
    title: 'Raw Attention',
    summary: 'Where each head of one block of a transformer looks, and all of them together, whatever the class.',
    paper: arxiv('1706.03762', 2017, 'Attention Is All You Need', 'equation 1'),
    properties: { signed: false, complete: false, deterministic: true, classDiscriminative: false },
  },
  returns: { maps: 'the attention of each head' },
  params,
  needs: (given, model) => {
    const { tokens } = attentionBlocks(model);
    return { activations: [blockOf(given.block, model), tokens.name] };
  },
  cost: () => ({ forwards: 1, backwards: 0 }),
  explain: async ({ params: { block, head_fusion, query }, model, inputs, evaluate }) => {
    const blocks = attentionBlocks(model);
    const { activations } = await evaluate(inputs);
    const { data } = activations[blockOf(block, model)] as Tensor<'float32'>;
    const tokens = activations[blocks.tokens.name] as Tensor<'float32'>;
    const size = tokens.dims[1] as number;
    const heads = Array.from({ length: data.length / (size * size) }, (_, head) =>
      Float64Array.from(data.subarray(head * size * size, (head + 1) * size * size)),
    );
    const read = (attention: Float64Array) => attributeFlow(attention, blocks, tokens, query, model);
    return {
      values: read(fuseHeads(data, size, FUSIONS[head_fusion])),
      maps: heads.map((head, i) => ({ name: `head ${i}`, values: read(head) })),
    };
  },
});

/** Name of the attention probabilities of a block. @throws WhylightError `invalid_request` for a block beyond the last */
function blockOf(block: number, model: ModelInfo): string {
  const { maps } = attentionBlocks(model);
  const name = maps.at(block);
  if (name !== undefined) return name;
  const message = `must be a block from 0 to ${maps.length - 1}, or from -${maps.length} to -1 counted from the last, but is ${block}`;
  throw new WhylightError('invalid_request', `block ${message}.`, { issues: [{ parameter: 'block', message }] });
}
