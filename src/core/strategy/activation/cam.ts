/** Class activation maps: a layer's feature maps, weighted and added up. Each method of the family is one formula. */
import { z } from 'zod';
import { type About, API_VERSION, type Method } from '../../method/contract.ts';
import { defineMethod } from '../../method/define.ts';
import { float32 } from '../../tensor/tensor.ts';
import { targetLayer, targetLayerParameter } from '../layer.ts';

const camParameters = {
  target_layer: targetLayerParameter,
  relu: z.boolean().default(true).describe('Keeps only what speaks for the target.'),
};

/** What a formula sees: one row of the layer, channel by channel. */
export interface FeatureMaps {
  readonly channels: number;
  /** Positions of one channel; 1 for a layer without space. */
  readonly positions: number;
  /** Element `c * positions + p`. */
  readonly activations: Float32Array;
  /** Of the target's score, in the same order. */
  readonly gradients: Float32Array;
}

export interface CamDefinition<E extends z.ZodRawShape> {
  readonly id: string;
  readonly revision: number;
  readonly about: About;
  /** Parameters besides `target_layer` and `relu`. */
  readonly params?: E;
  /** The map before ReLU, one number per position. */
  map(maps: FeatureMaps, params: z.output<z.ZodObject<E>>): Float64Array;
}

/**
 * A method of the CAM family with one run of the layer and its gradient. Its values are a map of one channel at the size
 * of the layer.
 */
export function defineCam<E extends z.ZodRawShape = Record<never, never>>(definition: CamDefinition<E>): Method {
  const { map, params: extra, ...rest } = definition;
  return defineMethod({
    ...rest,
    apiVersion: API_VERSION,
    strategy: 'activation',
    params: z.object({ ...camParameters, ...extra }),
    needs: ({ target_layer }, model) => {
      const { name } = targetLayer(target_layer as string, model);
      return { gradients: [name], activations: [name] };
    },
    cost: () => ({ forwards: 0, backwards: 1 }),
    explain: async (ctx) => {
      const { name } = targetLayer(ctx.params.target_layer as string, ctx.model);
      const evaluation = await ctx.evaluate(ctx.inputs);
      const [activations, gradients] = [evaluation.activations[name], evaluation.gradients[name]];
      if (!activations || !gradients) throw new Error(`No values for the layer ${name}.`);
      const [, channels = 1, ...space] = activations.dims;
      const positions = space.reduce((a, b) => a * b, 1);
      const values = map(
        { channels, positions, activations: activations.data, gradients: gradients.data },
        ctx.params as unknown as z.output<z.ZodObject<E>>,
      );
      const kept = ctx.params.relu ? values.map((value) => Math.max(0, value)) : values;
      return { values: { [name]: float32([1, 1, ...space], kept) } };
    },
  }) as Method;
}

/** The channels added up, each with its weight. */
export function weightedSum(
  { channels, positions, activations }: FeatureMaps,
  weights: ArrayLike<number>,
): Float64Array {
  const map = new Float64Array(positions);
  for (let c = 0; c < channels; c++) {
    const weight = weights[c] as number;
    for (let p = 0; p < positions; p++)
      map[p] = (map[p] as number) + weight * (activations[c * positions + p] as number);
  }
  return map;
}

/** Mean over the positions of each channel. */
export function channelMeans(values: Float32Array, channels: number): Float64Array {
  const positions = values.length / channels;
  return Float64Array.from({ length: channels }, (_, c) => {
    let sum = 0;
    for (let p = 0; p < positions; p++) sum += values[c * positions + p] as number;
    return sum / positions;
  });
}
