import * as z from 'zod';
import { WhylightError } from '../../core/errors.ts';
import { choice } from '../../core/method/choice.ts';
import type { Method } from '../../core/method/contract.ts';
import { defineMethod } from '../../core/method/define.ts';
import { arxiv } from '../../core/method/papers.ts';
import { attentionMaps } from '../../core/model/attention.ts';
import type { ModelInfo, TensorInfo } from '../../core/model/info.ts';
import { scaledToUnit } from '../../core/strategy/activation/cam.ts';
import { positionMap } from '../../core/strategy/activation/feature-maps.ts';
import { checkResponse, placeParameters, placeScores, placesOf } from '../../core/strategy/activation/place-scores.ts';
import { overLayers } from '../../core/strategy/activation/several-layers.ts';
import type { Float32Tensors } from '../../core/tensor/rows.ts';
import type { Tensor } from '../../core/tensor/tensor.ts';

const params = z.object({
  target_layer: z
    .string()
    .min(1)
    .default('auto')
    .describe('Name of the tokens that a block starts from, on its skip connection; "auto" takes those of the last.'),
  ...placeParameters,
  normalisation: choice(
    ['unmasked', 'masked'],
    'unmasked',
    "What the block's first normalisation sees. unmasked: all tokens, and its output is masked together with the skip connection, as OpenVINO XAI; masked: the masked tokens.",
  ),
  class_token: choice(
    ['keep', 'zero'],
    'keep',
    'What becomes of class and register tokens, which stand for no place: they stay, or are set to 0.',
  ),
});

type Params = z.output<typeof params>;

/** Recipro-CAM on the tokens that the last block of a transformer starts from. */
export default overLayers(
  defineMethod({
    apiVersion: 1,
    id: 'vit_recipro_cam',
    strategy: 'activation',
    revision: 2,
    about: {
      title: 'ViT-Recipro-CAM',
      summary:
        'What the last block of a transformer makes of each token alone: no gradient, one short run per token; also for quantised models.',
      paper: arxiv(
        '2310.02588',
        2023,
        'ViT-ReciproCAM: Gradient and Attention-Free Visual Explanations for Vision Transformer',
      ),
      properties: { signed: false, complete: false, deterministic: true, classDiscriminative: true },
    },
    params,
    needs: (given, model) => {
      const tokens = maskedTokens(given, model);
      placesOf(tokens[0], model);
      checkResponse(given, model);
      const names = tokens.map(({ name }) => name);
      return {
        graphs: {
          layer: { activations: names },
          masked: {
            feeds: names,
            ...(given.response === 'probability' && { activations: [model.scores.name] }),
          },
        },
      };
    },
    cost: (given, model) => ({ forwards: 1 + placesOf(maskedTokens(given, model)[0], model).count, backwards: 0 }),
    explain: async (ctx) => {
      const [layer, ...more] = maskedTokens(ctx.params, ctx.model);
      const { activations } = await ctx.evaluate(ctx.inputs);
      const values: Float32Tensors = Object.fromEntries(
        [layer, ...more].map(({ name }) => [name, activations[name] as Tensor<'float32'>]),
      );
      const places = placesOf(layer, ctx.model);
      const answers = await placeScores(ctx, {
        ...ctx.params,
        places,
        values,
        graph: 'masked',
        keepPrefix: ctx.params.class_token === 'keep',
      });
      const map = ctx.params.scaled ? scaledToUnit(answers) : answers;
      return { values: positionMap(places.layout, layer.name, (values[layer.name] as Tensor).dims.slice(1), map) };
    },
  }) as Method,
);

/** The tokens on the skip connection of the block, and their normalisation where that is masked for itself. */
function maskedTokens(
  { target_layer, normalisation }: Params,
  model: ModelInfo,
): readonly [TensorInfo, ...TensorInfo[]] {
  const maps = attentionMaps(model.graph).filter(({ skip }) => skip !== undefined);
  const block =
    target_layer === 'auto'
      ? maps.at(-1)
      : maps.find(({ skip, tokens }) => skip === target_layer || tokens === target_layer);
  if (block?.skip === undefined) {
    throw new WhylightError(
      'unprocessable_method',
      target_layer === 'auto'
        ? 'The model has no attention with a skip connection around it: use recipro_cam, which takes any layer.'
        : `No block of the model starts from "${target_layer}": leave target_layer out, or use recipro_cam, which takes any layer.`,
      { parameter: 'target_layer', blocks: maps.map(({ skip }) => skip) },
    );
  }
  const skip = model.tensor(block.skip);
  const normalised = block.tokens !== undefined && block.tokens !== block.skip;
  return normalised && normalisation === 'unmasked' ? [skip, model.tensor(block.tokens as string)] : [skip];
}
