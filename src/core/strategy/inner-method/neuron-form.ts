/** A method that explains the score from the input, made into one that explains an inner element from the input. */
import { z } from 'zod';
import { type About, API_VERSION, type Attribution, type Method } from '../../method/contract.ts';
import { defineMethod } from '../../method/define.ts';
import { targetLayerParameter } from '../layer.ts';
import { type NeuronParams, neuronOf, neuronParameter } from '../neuron.ts';
import { graphsOf } from './batched.ts';

export interface NeuronForm {
  readonly id: string;
  readonly revision: number;
  readonly about: About;
  readonly presets?: Method['presets'];
  /** Parameters of the method that are no choice here. */
  readonly fixed?: Readonly<Record<string, unknown>>;
}

/** The graph that gives the neuron's value. */
const VALUE = 'value';

/** The parameters are `target_layer`, `neuron` and those of the method; it costs one forward row more. */
export function neuronForm<S extends z.ZodObject>(base: Method<S>, { fixed = {}, ...rest }: NeuronForm): Method {
  const method = base as unknown as Method;
  const own = Object.fromEntries(Object.entries(base.params.shape).filter(([name]) => !(name in fixed)));
  return defineMethod({
    ...rest,
    apiVersion: API_VERSION,
    strategy: base.strategy,
    params: z.object({ target_layer: targetLayerParameter, neuron: neuronParameter, ...own }),
    needs: (params, model, methods) => {
      const scores = neuronOf(params as NeuronParams, model).layer.name;
      const graphs = Object.entries(graphsOf(method.needs({ ...params, ...fixed }, model, methods)));
      return {
        graphs: {
          ...Object.fromEntries(graphs.map(([name, needs]) => [name, { ...needs, scores }])),
          [VALUE]: { scores },
        },
      };
    },
    cost: (params, model, methods, given) => {
      const { forwards, backwards } = method.cost({ ...params, ...fixed }, model, methods, given);
      return { forwards: forwards + 1, backwards };
    },
    explain: async (ctx) => {
      const { target } = neuronOf(ctx.params as NeuronParams, ctx.model);
      const { scores } = await ctx.evaluate(ctx.inputs, { graph: VALUE, target });
      const score = scores[0] as number;
      const about = (attribution: Attribution): Attribution => ({ ...attribution, score });
      // Not all of ctx: its score may be one that nobody knows.
      const { model, methods, inputs, baselines, batch, random, signal, batchSize, ahead, mixes } = ctx;
      const attribution = await method.explain({
        ...{ model, methods, inputs, baselines, batch, random, signal, batchSize, ahead, mixes },
        params: { ...ctx.params, ...fixed },
        target,
        score,
        evaluate: (rows, options) => ctx.evaluate(rows, { target, ...options }),
        partial: (attribution) =>
          ctx.partial(() => about(typeof attribution === 'function' ? attribution() : attribution)),
      });
      return about(attribution);
    },
  }) as Method;
}
