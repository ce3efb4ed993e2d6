import * as z from 'zod';
import { WhylightError } from '../../core/errors.ts';
import { defineMethod } from '../../core/method/define.ts';
import { arxiv } from '../../core/method/papers.ts';
import { units } from '../../core/method/units.ts';
import type { Concept, ModelInfo } from '../../core/model/info.ts';
import { defineCam } from '../../core/strategy/activation/cam.ts';
import { channelCount } from '../../core/strategy/activation/masked-scores.ts';
import { targetLayer } from '../../core/strategy/layer.ts';

const MAX_CHANNELS = 2 ** 14;

const sensitivity = defineCam({
  id: 'tcav',
  revision: 2,
  about: {
    title: 'Concept Sensitivity (TCAV)',
    summary:
      'How the score changes, place by place, when the features of a layer move towards a concept; its vector is given with the request or kept with the model.',
    paper: arxiv(
      '1711.11279',
      2018,
      'Interpretability Beyond Feature Attribution: Quantitative Testing with Concept Activation Vectors (TCAV)',
      'equation 1',
    ),
  },
  params: {
    concept: z
      .union([z.array(units).max(MAX_CHANNELS), z.string().min(1)])
      .default([])
      .describe(
        'Concept activation vector: one number for each channel of the layer, such as the weights of a linear classifier that tells examples of the concept from others; or the name of a concept in the manifest of the model, which also says its layer.',
      ),
  },
  map: ({ channels, positions, gradients }, { concept: given }) => {
    const concept = given as readonly number[];
    const length = Math.hypot(...concept) || 1;
    const map = new Float64Array(positions);
    for (let c = 0, i = 0; c < channels; c++) {
      const share = (concept[c] as number) / length;
      for (let p = 0; p < positions; p++, i++) map[p] = (map[p] as number) + share * (gradients[i] as number);
    }
    return map;
  },
});

interface Params {
  readonly target_layer: string;
  readonly concept: string | readonly number[];
}

/** The derivative of the score along a concept vector of length 1, at each place of a layer (equation 1 of the paper). */
export default defineMethod({
  ...sensitivity,
  needs: (params, model, methods) => sensitivity.needs(settled(params, model), model, methods),
  cost: (params, model, methods, given) => sensitivity.cost(settled(params, model), model, methods, given),
  explain: (ctx) => sensitivity.explain({ ...ctx, params: settled(ctx.params, ctx.model) }),
});

/**
 * The parameters with the vector, and with the layer of a concept that is named.
 * @throws WhylightError `unprocessable_method` for an unknown name, or a vector without the channels of the layer
 */
function settled<P extends Readonly<Record<string, unknown>>>(params: P, model: ModelInfo): P & Params {
  const { target_layer: wanted, concept } = params as unknown as Params;
  const kept = typeof concept === 'string' ? keptConcept(concept, model) : undefined;
  const vector = kept?.vector ?? (concept as readonly number[]);
  const layer = targetLayer(wanted === 'auto' && kept ? kept.layer : wanted, model);
  const channels = channelCount(layer, model);
  if (vector.length === channels) return { ...params, target_layer: layer.name, concept: vector };
  throw new WhylightError(
    'unprocessable_method',
    `tcav needs a concept vector of ${channels} numbers, one for each channel of "${layer.name}", but concept has ${vector.length}.`,
    { parameter: 'concept', expected: channels },
  );
}

/** @throws WhylightError `unprocessable_method` with the names that there are */
function keptConcept(name: string, { concepts = {} }: ModelInfo): Concept {
  const found = Object.hasOwn(concepts, name) ? concepts[name] : undefined;
  if (found) return found;
  const names = Object.keys(concepts);
  const known = names.length > 0 ? `it has ${names.join(', ')}` : 'its manifest has no "concepts"';
  throw new WhylightError('unprocessable_method', `The model keeps no concept "${name}": ${known}.`, {
    parameter: 'concept',
    concepts: names,
  });
}
