import * as z from 'zod';
import { choice } from '../../core/method/choice.ts';
import type { Method } from '../../core/method/contract.ts';
import { defineMethod } from '../../core/method/define.ts';
import { layoutOf } from '../../core/method/layout.ts';
import { doi } from '../../core/method/papers.ts';
import { layerParameters } from '../../core/strategy/activation/cam.ts';
import { finishWeighted } from '../../core/strategy/activation/finish-weighted.ts';
import { channelCount } from '../../core/strategy/activation/masked-scores.ts';
import { overLayers } from '../../core/strategy/activation/several-layers.ts';
import { targetLayer } from '../../core/strategy/layer.ts';
import { layerValues } from '../../core/strategy/layer-values.ts';
import { ablationGraphs, scoresWithout } from '../../core/strategy/perturbation/ablation.ts';

/**
 * Distance of an ablated channel below the minimum of a layer whose minimum is not 0, as in pytorch-grad-cam. That library
 * takes the minimum over a batch in which earlier rows are ablated already, so each row lies that much below the row
 * before it.
 */
const FAR_BELOW = 1e7;
/** Rows of that batch. */
const ROWS = 32;

/** Feature maps weighted with the relative drop of the score without them, `(y - y_k) / y`. */
export default overLayers(
  defineMethod({
    apiVersion: 1,
    id: 'ablation_cam',
    strategy: 'activation',
    revision: 3,
    about: {
      title: 'Ablation-CAM',
      summary: 'How much the score drops without each feature map of a layer: no gradient, one run per channel.',
      paper: doi(
        '10.1109/WACV45572.2020.9093360',
        2020,
        'Ablation-CAM: Visual Explanations for Deep Convolutional Network via Gradient-free Localization',
      ),
      properties: { signed: false, complete: false, deterministic: true, classDiscriminative: true },
    },
    presets: { pytorch_grad_cam: { relu: true, replacement: 'auto' } },
    params: z.object({
      ...layerParameters,
      replacement: choice(
        ['auto', 'zero'],
        'zero',
        'What an ablated channel is set to. zero: as in the paper; auto: zero where that is the minimum of the layer, else far below the minimum and by 1e7 lower for each of 32 channels, as pytorch-grad-cam.',
      ),
    }),
    needs: ({ target_layer }, model) => {
      const layer = targetLayer(target_layer, model);
      channelCount(layer, model);
      return ablationGraphs(layer.name, model);
    },
    cost: ({ target_layer }, model) => ({
      forwards: 1 + channelCount(targetLayer(target_layer, model), model),
      backwards: 0,
    }),
    explain: async (ctx) => {
      const { layer, values, evaluation } = await layerValues(ctx);
      const channels = channelCount(layer, ctx.model);
      const { channels: order } = layoutOf(layer, ctx.model);
      const positions = values.data.length / channels;
      const lowest = values.data.reduce((least, value) => Math.min(least, value), Infinity);
      const absent = new Float32Array(values.data.length);
      const scores = await scoresWithout(ctx, {
        layer: layer.name,
        graph: 'ablated',
        values,
        absent: (channel) => {
          const below = FAR_BELOW * (1 + (channel % ROWS));
          return absent.fill(ctx.params.replacement === 'zero' || lowest === 0 ? 0 : lowest - below);
        },
        parts: channels,
        copy: (channel, from, to) => {
          const start = channel * positions;
          if (order === 'first') to.set(from.subarray(start, start + positions), start);
          else for (let i = channel; i < to.length; i += channels) to[i] = from[i] as number;
        },
      });
      const weights = Float64Array.from(scores, (score) => (ctx.score - score) / (ctx.score || 1));
      return finishWeighted(ctx, ctx.params, evaluation, () => weights);
    },
  }) as Method,
);
