import * as z from 'zod';
import type { Method } from '../../core/method/contract.ts';
import { defineMethod } from '../../core/method/define.ts';
import { arxiv } from '../../core/method/papers.ts';
import { layerParameters, meanGradients } from '../../core/strategy/activation/cam.ts';
import { finishWeighted } from '../../core/strategy/activation/finish-weighted.ts';
import { overLayers } from '../../core/strategy/activation/several-layers.ts';
import { targetLayer } from '../../core/strategy/layer.ts';
import { float32, type Tensor } from '../../core/tensor/tensor.ts';

/** Relative step along the activations for the central difference of the gradient. */
const STEP = 0.01;

/**
 * Feature maps weighted with the mean of `g - H A / 2`, the second-order Shapley value of a channel. `H A`, how the
 * gradient changes along the activations, is a central difference.
 */
export default overLayers(
  defineMethod({
    apiVersion: 1,
    id: 'shapley_cam',
    strategy: 'activation',
    revision: 2,
    about: {
      title: 'ShapleyCAM',
      summary: 'Where the features lie that raise the score, with the curvature of the score taken into account.',
      paper: arxiv('2501.06261', 2025, 'CAMs as Shapley Value-based Explainers'),
      properties: { signed: false, complete: false, deterministic: true, classDiscriminative: true },
    },
    presets: { pytorch_grad_cam: { relu: true } },
    params: z.object(layerParameters),
    needs: ({ target_layer }, model) => {
      const { name } = targetLayer(target_layer, model);
      const feeds = model.inputs.some((input) => input.name === name) ? [] : [name];
      return { graphs: { layer: { gradients: [name], activations: [name] }, moved: { gradients: [name], feeds } } };
    },
    cost: () => ({ forwards: 0, backwards: 3 }),
    explain: async (ctx) => {
      const { name } = targetLayer(ctx.params.target_layer, ctx.model);
      const evaluation = await ctx.evaluate(ctx.inputs);
      const { dims, data } = evaluation.activations[name] as Tensor<'float32'>;
      const rows = float32([2, ...dims.slice(1)]);
      rows.data.set(data.map((value) => value * (1 + STEP)));
      rows.data.set(
        data.map((value) => value * (1 - STEP)),
        data.length,
      );
      const moved = (await ctx.evaluate({ ...ctx.inputs, [name]: rows }, { graph: 'moved' })).gradients[name]
        ?.data as Float32Array;
      const gradients = (evaluation.gradients[name] as Tensor<'float32'>).data.map((slope, i) => {
        const change = ((moved[i] as number) - (moved[i + data.length] as number)) / (2 * STEP);
        return slope - change / 2;
      });
      const corrected = { ...evaluation, gradients: { [name]: float32(dims, gradients) } };
      return finishWeighted(ctx, ctx.params, corrected, meanGradients);
    },
  }) as Method,
);
