import { z } from 'zod';
import { resizeMap } from '../../core/image/resize.ts';
import { defineMethod } from '../../core/method/define.ts';
import { pictureOf } from '../../core/strategy/activation/augment.ts';
import { biasedLayers } from '../../core/strategy/gradient/biases.ts';
import { productsOf } from '../../core/tensor/products.ts';
import { float32, type Tensor } from '../../core/tensor/tensor.ts';

/** Keeps a flat channel from dividing by zero. */
const EPSILON = 1e-7;

/**
 * Input times gradient, and bias times gradient of every layer that has biases, each channel scaled to [0, 1] and added
 * up: pytorch-grad-cam's choice for the psi of the paper.
 */
export default defineMethod({
  apiVersion: 1,
  id: 'full_grad',
  strategy: 'gradient',
  revision: 1,
  about: {
    title: 'FullGrad',
    summary: 'What input and biases add to the score: their gradients, gathered from all layers of the model.',
    paper: {
      title: 'Full-Gradient Representation for Neural Network Visualization',
      year: 2019,
      url: 'https://arxiv.org/abs/1905.00780',
    },
    modalities: ['image'],
    properties: { signed: false, complete: false, deterministic: true, classDiscriminative: true },
  },
  presets: { pytorch_grad_cam: {} },
  params: z.object({}),
  needs: (_, model) => ({
    gradients: [pictureOf(model, 'full_grad').name, ...biasedLayers(model).map(({ name }) => name)],
  }),
  cost: () => ({ forwards: 0, backwards: 1 }),
  explain: async (ctx) => {
    const picture = pictureOf(ctx.model, 'full_grad');
    const { gradients } = await ctx.evaluate(ctx.inputs);
    const input = ctx.inputs[picture.name] as Tensor<'float32'>;
    const slopes = (gradients[picture.name] as Tensor<'float32'>).data;
    const sides = input.dims.slice(1).filter((_, axis) => axis !== picture.channelAxis) as [number, number];
    const places = sides[0] * sides[1];
    const map = new Float32Array(places);
    const add = (part: Float32Array): void => {
      for (let i = 0; i < map.length; i++) map[i] = (map[i] as number) + (part[i] as number);
    };
    const channelsLast = picture.channelAxis === 2;
    const channels = input.data.length / places;
    const products = productsOf(slopes, input.data);
    const [nextChannel, nextPlace] = channelsLast ? [1, channels] : [places, 1];
    add(scaledChannels(places, channels, products, nextChannel, nextPlace));
    // Resizing is linear: layers of one size are added up first.
    const bySize = new Map<string, { size: [number, number]; map: Float32Array }>();
    for (const { name, bias } of biasedLayers(ctx.model)) {
      const { dims, data } = gradients[name] as Tensor<'float32'>;
      const [height, width] = dims.slice(2) as [number, number];
      const size = height * width;
      const part = scaledChannels(size, bias.length, data, size, 1, bias);
      const same = bySize.get(`${height}x${width}`);
      if (same) for (let i = 0; i < size; i++) same.map[i] = (same.map[i] as number) + (part[i] as number);
      else bySize.set(`${height}x${width}`, { size: [height, width], map: part });
    }
    for (const { size, map: sum } of bySize.values()) add(resizeMap(sum, size, sides));
    return { values: { [picture.name]: float32(channelsLast ? [1, ...sides, 1] : [1, 1, ...sides], map) } };
  },
});

/**
 * Absolute values, each channel scaled to [0, 1], the channels added up. Every layer passes here: plain loops.
 * @param nextChannel elements from a channel to the next
 * @param nextPlace elements from a place to the next
 * @param factors one for each channel, before it is scaled
 */
function scaledChannels(
  places: number,
  channels: number,
  data: Float32Array,
  nextChannel: number,
  nextPlace: number,
  factors?: ArrayLike<number>,
): Float32Array {
  const sum = new Float32Array(places);
  const channel = new Float32Array(places);
  for (let c = 0; c < channels; c++) {
    const factor = factors?.[c] ?? 1;
    const first = c * nextChannel;
    let low = Infinity;
    let high = -Infinity;
    for (let p = 0; p < places; p++) {
      channel[p] = Math.abs(factor * (data[first + p * nextPlace] as number));
      const x = channel[p] as number;
      if (x < low) low = x;
      if (x > high) high = x;
    }
    const scale = 1 / (EPSILON + high - low);
    for (let p = 0; p < places; p++) sum[p] = (sum[p] as number) + ((channel[p] as number) - low) * scale;
  }
  return sum;
}
