/** Neuron form of a method: explains an inner element from the input, in place of the score. */

import * as z from 'zod';
import {
  type About,
  API_VERSION,
  type Attribution,
  type ExplainContext,
  type Method,
  namedNeeds,
} from '../../method/contract.ts';
import { defineMethod } from '../../method/define.ts';
import { targetLayerParameter } from '../layer.ts';
import { type NeuronParams, neuronOf, neuronParameter } from '../neuron.ts';

export interface NeuronForm {
  readonly id: string;
  readonly revision: number;
  /** Differences to the method: its paper, modalities and properties hold, except that the class does not matter. */
  readonly about: Pick<About, 'title' | 'summary' | 'axioms'>;
  readonly presets?: Method['presets'];
  /** Parameters of the method that are fixed. */
  readonly fixed?: Readonly<Record<string, unknown>>;
  /** True for a method that evaluates its input once: the neuron's value comes from that row, not from one more. */
  readonly evaluatesInput?: true;
}

/** Graph that gives the neuron's value. */
const VALUE = 'value';

/**
 * Defines the neuron form of a method. Its parameters are `target_layer`, `neuron` and those of the method; it costs one
 * more forward row unless the method evaluates its own input.
 */
export function neuronForm(base: Method, { fixed = {}, about, evaluatesInput, ...rest }: NeuronForm): Method {
  const baseParams = Object.fromEntries(Object.entries(base.params.shape).filter(([name]) => !(name in fixed)));
  return defineMethod({
    ...rest,
    about: {
      ...about,
      ...(base.about.paper && { paper: base.about.paper }),
      modalities: base.about.modalities,
      properties: { ...base.about.properties, classDiscriminative: false },
    },
    apiVersion: API_VERSION,
    strategy: base.strategy,
    ...(base.returns && { returns: base.returns }),
    params: z.object({ target_layer: targetLayerParameter, neuron: neuronParameter, ...baseParams }),
    needs: (params, model, methods) => {
      const scores = neuronOf(params, model).layer.name;
      const graphs = Object.entries(namedNeeds(base.needs({ ...params, ...fixed }, model, methods)));
      return {
        graphs: {
          ...Object.fromEntries(graphs.map(([name, needs]) => [name, { ...needs, scores }])),
          ...(!evaluatesInput && { [VALUE]: { scores } }),
        },
      };
    },
    cost: (params, model, methods, given) => {
      const { forwards, backwards } = base.cost({ ...params, ...fixed }, model, methods, given);
      return { forwards: forwards + (evaluatesInput ? 0 : 1), backwards };
    },
    explain: (ctx) => explainNeuron(base, ctx, { ...ctx.params, ...fixed }, evaluatesInput ?? false),
  }) as Method;
}

async function explainNeuron(
  base: Method,
  ctx: ExplainContext<NeuronParams>,
  params: Readonly<Record<string, unknown>>,
  evaluatesInput: boolean,
): Promise<Attribution> {
  const { target } = neuronOf(ctx.params, ctx.model);
  let score = Number.NaN;
  if (!evaluatesInput) score = (await ctx.evaluate(ctx.inputs, { graph: VALUE, target })).scores[0] as number;
  const withScore = (attribution: Attribution): Attribution => ({ ...attribution, score });
  // Not the whole context: its score is that of another target.
  const { model, methods, data, state, inputs, baselines, batch, random, signal, batchSize, prefetch, mixes } = ctx;
  const attribution = await base.explain({
    ...{ model, methods, data, state, inputs, baselines, batch, random, signal, batchSize, prefetch, mixes },
    params,
    target,
    score,
    evaluate: async (rows, options) => {
      const evaluation = await ctx.evaluate(rows, { target, ...options });
      if (evaluatesInput && rows === inputs) score = evaluation.scores[0] as number;
      return evaluation;
    },
    partial: (attribution) =>
      ctx.partial(() => withScore(typeof attribution === 'function' ? attribution() : attribution)),
  });
  return withScore(attribution);
}
