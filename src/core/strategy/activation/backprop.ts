/** Methods that send the score back to the input by other rules than the gradient's. */
import { z } from 'zod';
import { excluding, type Ruleset } from '../../autodiff/ruleset.ts';
import { gradient } from '../../autodiff/rulesets/gradient.ts';
import { type About, API_VERSION, type Method } from '../../method/contract.ts';
import { defineMethod } from '../../method/define.ts';
import { targetLayerParameter } from '../layer.ts';
import { type NeuronParams, neuronOf, neuronParameter } from '../neuron.ts';
import { absoluteParameter, finishValues, reductionParameter } from '../reduction.ts';

export interface BackpropDefinition {
  readonly id: string;
  readonly revision: number;
  readonly about: About;
  readonly presets?: Method['presets'];
  readonly ruleset: Ruleset;
  /** The one that treats ReLU6 and its kin as ReLUs. */
  readonly clipRuleset: Ruleset;
  /** Starts from an inner element in place of the score. */
  readonly neuron?: true;
}

/** A method whose values are what arrives at the input. */
export const defineBackprop = ({ ruleset, clipRuleset, neuron: inner, ...rest }: BackpropDefinition): Method =>
  defineMethod({
    ...rest,
    apiVersion: API_VERSION,
    strategy: 'activation',
    params: z.object({
      ...(inner && { target_layer: targetLayerParameter, neuron: neuronParameter }),
      exclude: z
        .array(z.string())
        .max(100)
        .default([])
        .describe(
          'Names of nodes that keep their plain gradient: hook-based libraries miss activations that are no modules.',
        ),
      clip: z
        .boolean()
        .default(false)
        .describe(
          'Treats Clip from 0 on (ReLU6, as in MobileNetV2) as a ReLU. Captum does not: there such a model gets its plain gradient.',
        ),
      absolute: absoluteParameter(false),
      reduction: reductionParameter,
    }),
    needs: ({ exclude, clip, ...params }, model) => ({
      gradients: 'sources',
      ruleset: excluding(clip ? clipRuleset : ruleset, exclude, gradient),
      ...(inner && { scores: neuronOf(params as unknown as NeuronParams, model).layer.name }),
    }),
    cost: () => ({ forwards: 0, backwards: 1 }),
    explain: async (ctx) => {
      const options = inner ? { target: neuronOf(ctx.params as unknown as NeuronParams, ctx.model).target } : {};
      const { scores, gradients } = await ctx.evaluate(ctx.inputs, options);
      return {
        values: finishValues(gradients, ctx.params, ctx.model),
        ...(inner && { score: scores[0] as number }),
      };
    },
  }) as Method;
