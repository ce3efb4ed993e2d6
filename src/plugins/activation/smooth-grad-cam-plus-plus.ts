import * as z from 'zod';
import { choice } from '../../core/method/choice.ts';
import type { Method } from '../../core/method/contract.ts';
import { defineMethod } from '../../core/method/define.ts';
import { layoutOf } from '../../core/method/layout.ts';
import { arxiv } from '../../core/method/papers.ts';
import { layerParameters, perChannel } from '../../core/strategy/activation/cam.ts';
import { featureMaps } from '../../core/strategy/activation/feature-maps.ts';
import { finishWeighted } from '../../core/strategy/activation/finish-weighted.ts';
import { overLayers } from '../../core/strategy/activation/several-layers.ts';
import { noiseParameters, withNoise } from '../../core/strategy/gradient/noise.ts';
import { lookupCost, needsOfSources, sourceValues, withSources } from '../../core/strategy/gradient/sources.ts';
import { inPortions } from '../../core/strategy/inner-method/progress.ts';
import { targetLayer } from '../../core/strategy/layer.ts';
import { type Float32Tensors, joinRows } from '../../core/tensor/rows.ts';
import { sumOf } from '../../core/tensor/sum.ts';
import type { Tensor } from '../../core/tensor/tensor.ts';

/** Keeps the ratio finite where nothing is active. */
const EPSILON = 1e-8;

/** Returns copy number `sample` of these values, [1, ...source] by name. */
export type Draw = (sample: number, values: Float32Tensors) => Float32Tensors;

/**
 * SmoothGrad-CAM++ with the given noise, or with seeded normal noise when left out. With D1, D2 and D3 the means over noisy
 * copies of the gradient, its square and its cube, and A the features without noise, a channel weighs
 * `w = sum_p a(p) relu(D1(p))` with `a = D2 / (2 D2 + sum(A D3))` (equations 7 to 9 of the paper).
 */
export const smoothGradCamPlusPlus = (draw?: Draw): Method =>
  overLayers(
    defineMethod({
      apiVersion: 1,
      id: 'smooth_grad_cam_plus_plus',
      strategy: 'activation',
      revision: 1,
      about: {
        title: 'Smooth Grad-CAM++',
        summary:
          'Grad-CAM++ with gradients that are averaged over noisy copies of the input: less dependent on one image.',
        paper: arxiv(
          '1908.01224',
          2019,
          'Smooth Grad-CAM++: An Enhanced Inference Level Visualization Technique for Deep Convolutional Neural Network Models',
          'equations 7 to 9',
        ),
        properties: { signed: false, complete: false, deterministic: false, classDiscriminative: true },
      },
      params: z.object({
        ...layerParameters,
        n_samples: z.int().min(1).max(1000).default(25).describe('Noisy copies of the input.'),
        ...noiseParameters,
        convention: choice(
          ['mean_gradient', 'last_gradient', 'first_order'],
          'mean_gradient',
          'mean_gradient: the formula, with mean gradients; last_gradient: the gradient of the last copy in place of their mean, as TorchCAM; first_order: the mean gradient in place of its square above the line, as the paper prints it.',
        ),
      }),
      needs: ({ target_layer }, model) => {
        const { name } = targetLayer(target_layer, model);
        const noisy = needsOfSources(model, { gradients: [name] });
        return { graphs: { ...('graphs' in noisy ? noisy.graphs : { noisy }), clean: { activations: [name] } } };
      },
      cost: ({ n_samples }, model) => ({ forwards: 1 + lookupCost(model), backwards: n_samples }),
      explain: async (ctx) => {
        const { n_samples, convention, target_layer } = ctx.params;
        const layer = targetLayer(target_layer, ctx.model);
        const layout = layoutOf(layer, ctx.model);
        const values = await sourceValues(ctx);
        const clean = await ctx.evaluate(ctx.inputs, { graph: 'clean' });
        const sums = new Sums();
        await inPortions(
          ctx,
          n_samples,
          ({ first, count }) => {
            const copies = Array.from({ length: count }, (_, i) => {
              const sample = first + i;
              return draw?.(sample, values) ?? withNoise(values, ctx.params, ctx.random.at(sample));
            });
            return withSources(ctx.inputs, stacked(copies));
          },
          ({ gradients, scores }) => {
            const all = gradients[layer.name] as Tensor<'float32'>;
            for (const row of scores.keys()) sums.add(featureMaps(layout, all, undefined, row).activations);
          },
        );
        return finishWeighted(ctx, ctx.params, { activations: clean.activations, gradients: {} }, (maps) => {
          const { first, second, third } = sums.means(n_samples);
          const slopes = convention === 'last_gradient' ? sums.last : first;
          let start = 0;
          return perChannel(maps, (activations) => {
            const at = start;
            start += activations.length;
            const cubes = sumOf(activations.map((value, p) => value * (third[at + p] as number)));
            let weight = 0;
            for (let p = at; p < start; p++) {
              const square = second[p] as number;
              const above = convention === 'first_order' ? (first[p] as number) : square;
              weight += (above / (2 * square + cubes + EPSILON)) * Math.max(0, slopes[p] as number);
            }
            return weight;
          });
        });
      },
    }) as Method,
  );

export default smoothGradCamPlusPlus();

/** Sums of gradients, their squares and their cubes, element by element. */
class Sums {
  last: Float32Array = new Float32Array();
  private powers: readonly Float64Array[] = [];

  add(gradients: Float32Array): void {
    this.last = gradients.slice();
    if (this.powers.length === 0) this.powers = [1, 2, 3].map(() => new Float64Array(gradients.length));
    const [first, second, third] = this.powers as [Float64Array, Float64Array, Float64Array];
    for (let i = 0; i < gradients.length; i++) {
      const g = gradients[i] as number;
      first[i] = (first[i] as number) + g;
      second[i] = (second[i] as number) + g * g;
      third[i] = (third[i] as number) + g * g * g;
    }
  }

  means(count: number): { readonly first: Float64Array; readonly second: Float64Array; readonly third: Float64Array } {
    const [first, second, third] = this.powers.map((sum) => sum.map((value) => value / count)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    return { first, second, third };
  }
}

const stacked = (copies: readonly Float32Tensors[]): Float32Tensors =>
  Object.fromEntries(
    Object.keys(copies[0] ?? {}).map((name) => [
      name,
      joinRows(copies.map((copy) => copy[name] as Tensor)) as Tensor<'float32'>,
    ]),
  );
