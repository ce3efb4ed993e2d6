import * as z from 'zod';
import type { Method } from '../../core/method/contract.ts';
import { defineMethod } from '../../core/method/define.ts';
import { arxiv } from '../../core/method/papers.ts';
import { scaledToUnit } from '../../core/strategy/activation/cam.ts';
import { positionMap } from '../../core/strategy/activation/feature-maps.ts';
import { checkResponse, placeParameters, placeScores, placesOf } from '../../core/strategy/activation/place-scores.ts';
import { overLayers } from '../../core/strategy/activation/several-layers.ts';
import { targetLayer, targetLayerParameter } from '../../core/strategy/layer.ts';
import { layerValues } from '../../core/strategy/layer-values.ts';

/**
 * The score of a layer of which one place is left, for each place (equations 2 and 3 of the paper):
 * `m(p) = S(A * kernel around p)`.
 */
export default overLayers(
  defineMethod({
    apiVersion: 1,
    id: 'recipro_cam',
    strategy: 'activation',
    revision: 2,
    about: {
      title: 'Recipro-CAM',
      summary:
        'What each place of a feature map says by itself: no gradient, one short run per place from the layer on; also for quantised models.',
      paper: arxiv(
        '2209.14074',
        2022,
        'Recipro-CAM: Fast gradient-free visual explanations for convolutional neural networks',
        'equations 2 and 3',
      ),
      properties: { signed: false, complete: false, deterministic: true, classDiscriminative: true },
    },
    params: z.object({ target_layer: targetLayerParameter, ...placeParameters }),
    needs: (params, model) => {
      const layer = targetLayer(params.target_layer, model);
      placesOf(layer, model);
      checkResponse(params, model);
      const isInput = model.inputs.some(({ name }) => name === layer.name);
      return {
        graphs: {
          layer: { activations: [layer.name] },
          masked: {
            ...(!isInput && { feeds: [layer.name] }),
            ...(params.response === 'probability' && { activations: [model.scores.name] }),
          },
        },
      };
    },
    cost: ({ target_layer }, model) => ({
      forwards: 1 + placesOf(targetLayer(target_layer, model), model).count,
      backwards: 0,
    }),
    explain: async (ctx) => {
      const { layer, values } = await layerValues(ctx);
      const places = placesOf(layer, ctx.model);
      const answers = await placeScores(ctx, {
        ...ctx.params,
        places,
        values: { [layer.name]: values },
        graph: 'masked',
      });
      const map = ctx.params.scaled ? scaledToUnit(answers) : answers;
      return { values: positionMap(places.layout, layer.name, values.dims.slice(1), map) };
    },
  }) as Method,
);
