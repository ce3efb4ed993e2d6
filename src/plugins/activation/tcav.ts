import * as z from 'zod';
import { WhylightError } from '../../core/errors.ts';
import { defineMethod } from '../../core/method/define.ts';
import { arxiv } from '../../core/method/papers.ts';
import { units } from '../../core/method/units.ts';
import type { ModelInfo } from '../../core/model/info.ts';
import { defineCam } from '../../core/strategy/activation/cam.ts';
import { channelCount } from '../../core/strategy/activation/masked-scores.ts';
import { targetLayer } from '../../core/strategy/layer.ts';

const MAX_CHANNELS = 2 ** 14;

const sensitivity = defineCam({
  id: 'tcav',
  revision: 1,
  about: {
    title: 'Concept Sensitivity (TCAV)',
    summary:
      'How the score changes, place by place, when the features of a layer move towards a concept; its vector is given with the request.',
    paper: arxiv(
      '1711.11279',
      2018,
      'Interpretability Beyond Feature Attribution: Quantitative Testing with Concept Activation Vectors (TCAV)',
      'equation 1',
    ),
  },
  params: {
    concept: z
      .array(units)
      .max(MAX_CHANNELS)
      .default([])
      .describe(
        'Concept activation vector: one number for each channel of the layer, such as the weights of a linear classifier that tells examples of the concept from others.',
      ),
  },
  map: ({ channels, positions, gradients }, { concept }) => {
    const length = Math.hypot(...concept) || 1;
    const map = new Float64Array(positions);
    for (let c = 0, i = 0; c < channels; c++) {
      const share = (concept[c] as number) / length;
      for (let p = 0; p < positions; p++, i++) map[p] = (map[p] as number) + share * (gradients[i] as number);
    }
    return map;
  },
});

/** The derivative of the score along a concept vector of length 1, at each place of a layer (equation 1 of the paper). */
export default defineMethod({
  ...sensitivity,
  needs: (params, model, methods) => {
    checkConcept(params, model);
    return sensitivity.needs(params, model, methods);
  },
});

/** @throws WhylightError `unprocessable_method` for a vector that does not have the channels of the layer. */
function checkConcept(params: Readonly<Record<string, unknown>>, model: ModelInfo): void {
  const { target_layer, concept } = params as { target_layer: string; concept: readonly number[] };
  const layer = targetLayer(target_layer, model);
  const channels = channelCount(layer, model);
  if (concept.length === channels) return;
  throw new WhylightError(
    'unprocessable_method',
    `tcav needs a concept vector of ${channels} numbers, one for each channel of "${layer.name}", but concept has ${concept.length}.`,
    { parameter: 'concept', expected: channels },
  );
}
