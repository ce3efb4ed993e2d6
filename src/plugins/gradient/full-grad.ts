import * as z from 'zod';
import { defineRuleset, type Ruleset } from '../../core/autodiff/ruleset.ts';
import { gradient } from '../../core/autodiff/rulesets/gradient.ts';
import { resizeMap } from '../../core/image/resize.ts';
import { defineMethod } from '../../core/method/define.ts';
import { arxiv } from '../../core/method/papers.ts';
import type { GraphBuilder, Value } from '../../core/onnx/builder.ts';
import { imageOf } from '../../core/strategy/activation/augment.ts';
import { type BiasedLayer, biasedLayers } from '../../core/strategy/gradient/biases.ts';
import { productsOf } from '../../core/tensor/products.ts';
import { float32, type Tensor } from '../../core/tensor/tensor.ts';
import { transposed } from '../../core/tensor/transpose.ts';

/** Keeps a flat channel from dividing by zero. */
const EPSILON = 1e-7;

/** ONNX's number for float32. */
const FLOAT = 1;

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
    paper: arxiv('1905.00780', 2019, 'Full-Gradient Representation for Neural Network Visualization'),
    modalities: ['image'],
    properties: { signed: false, complete: false, deterministic: true, classDiscriminative: true },
  },
  presets: { pytorch_grad_cam: {} },
  params: z.object({}),
  needs: (_, model) => ({
    gradients: [imageOf(model, 'full_grad').name, ...biasedLayers(model).map(({ name }) => name)],
    ruleset: biasRuleset(biasedLayers(model)),
  }),
  cost: () => ({ forwards: 0, backwards: 1 }),
  explain: async (ctx) => {
    const image = imageOf(ctx.model, 'full_grad');
    const { gradients } = await ctx.evaluate(ctx.inputs);
    const input = ctx.inputs[image.name] as Tensor<'float32'>;
    const slopes = (gradients[image.name] as Tensor<'float32'>).data;
    const sides = input.dims.slice(1).filter((_, axis) => axis !== image.channelAxis) as [number, number];
    const positions = sides[0] * sides[1];
    const map = new Float32Array(positions);
    const add = (part: Float32Array): void => {
      for (let i = 0; i < map.length; i++) map[i] = (map[i] as number) + (part[i] as number);
    };
    const channelsLast = image.channelAxis === 2;
    const products = productsOf(slopes, input.data);
    add(scaledChannels(positions, channelsLast ? transposed(products, positions) : products));
    // Resizing is linear: layers of one size are added up first.
    const bySize = new Map<string, { size: [number, number]; map: Float32Array }>();
    for (const { name } of biasedLayers(ctx.model)) {
      const { dims, data: part } = gradients[name] as Tensor<'float32'>;
      const [height, width] = dims.slice(2) as [number, number];
      const same = bySize.get(`${height}x${width}`);
      if (same) for (let i = 0; i < part.length; i++) same.map[i] = (same.map[i] as number) + (part[i] as number);
      else bySize.set(`${height}x${width}`, { size: [height, width], map: part.slice() });
    }
    for (const { size, map: sum } of bySize.values()) add(resizeMap(sum, size, sides));
    return { values: { [image.name]: float32(channelsLast ? [1, ...sides, 1] : [1, 1, ...sides], map) } };
  },
});

/** Gives out one map for each layer, all channels in it: there are millions of numbers, too many to leave the engine. */
function biasRuleset(layers: readonly BiasedLayer[]): Ruleset {
  return defineRuleset({
    id: 'bias_gradient',
    title: 'Bias gradient',
    base: gradient,
    rules: [],
    finish: (g, derivative, tensor) => {
      const layer = layers.find(({ name }) => name === tensor);
      return layer ? scaledLayer(g, derivative, layer.bias) : derivative;
    },
  });
}

/** [N, C, H, W] to [N, 1, H, W]: {@link scaledChannels} of the gradient times the bias. */
function scaledLayer(g: GraphBuilder, derivative: Value, bias: ArrayLike<number>): Value {
  // Scales are large where a channel is nearly flat: too large for half floats.
  const exact = derivative.dtype === 'float32' ? derivative : g.op('Cast', [derivative], { to: FLOAT });
  const size = g.op('Abs', [exact]);
  const low = g.reduce('ReduceMin', size, [2, 3]);
  const high = g.reduce('ReduceMax', size, [2, 3]);
  const factor = g.constant('float32', [bias.length, 1, 1], Float32Array.from(bias, Math.abs));
  const scale = g.div(factor, g.add(g.mul(factor, g.sub(high, low)), g.scalar(EPSILON)));
  return g.reduce('ReduceSum', g.mul(g.sub(size, low), scale), [1]);
}

/**
 * Absolute values, each channel scaled to [0, 1], the channels added up.
 * @param data channel by channel
 */
function scaledChannels(positions: number, data: Float32Array): Float32Array {
  const sum = new Float64Array(positions);
  for (let from = 0; from < data.length; from += positions) {
    const channel = data.subarray(from, from + positions);
    let low = Infinity;
    let high = 0;
    for (let p = 0; p < positions; p++) {
      const x = Math.abs(channel[p] as number);
      if (x < low) low = x;
      if (x > high) high = x;
    }
    const scale = 1 / (EPSILON + high - low);
    for (let p = 0; p < positions; p++) sum[p] = (sum[p] as number) + (Math.abs(channel[p] as number) - low) * scale;
  }
  return new Float32Array(sum);
}
