/** Attention accumulated over the blocks of a transformer: methods that multiply attention maps. */

import * as z from 'zod';
import { WhylightError } from '../../errors.ts';
import { choice } from '../../method/choice.ts';
import type { Attribution, ExplainContext } from '../../method/contract.ts';
import { layoutOf } from '../../method/layout.ts';
import { attentionMaps } from '../../model/attention.ts';
import type { ModelInfo, TensorInfo } from '../../model/info.ts';
import type { Float32Tensors } from '../../tensor/rows.ts';
import { meanOf } from '../../tensor/sum.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { positionMap } from './feature-maps.ts';

export interface AttentionBlocks {
  /** Names of the attention probabilities, first block first. */
  readonly maps: readonly string[];
  /** The tokens that values are given for. */
  readonly tokens: TensorInfo;
}

/** @throws WhylightError `unprocessable_method` when tokens do not attend to the same tokens in every block. */
export function attentionBlocks(model: ModelInfo): AttentionBlocks {
  const found = attentionMaps(model.graph);
  const first = found[0]?.tokens;
  const tokens = first === undefined ? undefined : model.tensor(first);
  const length = tokens?.dims[0];
  const fits = found.every(({ name }) => {
    const { dims } = model.tensor(name);
    return dims.length >= 2 && dims.at(-1) === length && dims.at(-2) === length;
  });
  if (tokens && tokens.dims.length === 2 && fits) return { maps: found.map(({ name }) => name), tokens };
  throw new WhylightError(
    'unprocessable_method',
    found.length === 0
      ? 'The model has no attention maps: there is no Softmax whose result weights a matrix product. Use a CAM or gradient method.'
      : 'The attention maps of the model do not all go from the same tokens to the same tokens (windows, pooling or cross-attention): use a CAM or gradient method.',
  );
}

/** `size * size` numbers, row by row. */
export type Square = Float64Array;

/**
 * The heads of one block as one matrix.
 * @param fuse from the values of all heads at one element
 */
export function fuseHeads(heads: ArrayLike<number>, size: number, fuse: (values: Float64Array) => number): Square {
  const count = heads.length / (size * size);
  const values = new Float64Array(count);
  return Float64Array.from({ length: size * size }, (_, i) => {
    for (let h = 0; h < count; h++) values[h] = heads[h * size * size + i] as number;
    return fuse(values);
  });
}

export function multiply(a: Square, b: Square, size: number): Square {
  const product = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < size; k++) {
      const factor = a[i * size + k] as number;
      if (factor === 0) continue;
      for (let j = 0; j < size; j++)
        product[i * size + j] = (product[i * size + j] as number) + factor * (b[k * size + j] as number);
    }
  }
  return product;
}

const identity = (size: number): Square =>
  Float64Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0));

/** Ways to make one matrix of the heads of a block. */
export const FUSIONS = {
  mean: meanOf,
  max: (values: Float64Array) => values.reduce((most, value) => Math.max(most, value), -Infinity),
  min: (values: Float64Array) => values.reduce((least, value) => Math.min(least, value), Infinity),
};

export const headFusionParameter = choice(['mean', 'max', 'min'], 'mean', 'What becomes of the heads of a block.');

const QUERIES = ['auto', 'first', 'last', 'mean'] as const;
type Query = (typeof QUERIES)[number];

/** @param what is read at the token */
export const queryParameter = (what: 'attention' | 'relevance') =>
  z
    .enum(QUERIES)
    .default('auto')
    .describe(
      `Whose ${what} is read: the first token, the last, or the mean; auto takes the class token if there is one.`,
    );

/** Attention probabilities of one block, and their gradients in a graph that has them. */
export interface BlockMaps {
  readonly attention: Float32Array;
  readonly slopes: Float32Array;
}

/**
 * Attribution of the tokens by what flows through the blocks, first block first; the flow begins with the identity.
 * @param step the flow behind a block
 */
export async function followAttention<P extends { readonly query: Query }>(
  ctx: ExplainContext<P>,
  step: (flow: Square, maps: BlockMaps, size: number) => Square,
): Promise<Attribution> {
  const blocks = attentionBlocks(ctx.model);
  const { activations, gradients } = await ctx.evaluate(ctx.inputs);
  const tokens = activations[blocks.tokens.name] as Tensor<'float32'>;
  const size = tokens.dims[1] as number;
  let flow = identity(size);
  for (const name of blocks.maps) {
    const [attention, slopes] = [activations[name]?.data, gradients[name]?.data] as [Float32Array, Float32Array];
    flow = step(flow, { attention, slopes }, size);
  }
  return { values: attributeFlow(flow, blocks, tokens, ctx.params.query, ctx.model) };
}

/**
 * Attribution of the tokens from accumulated attention; tokens that stand for no position are left out.
 * @param query whose row is read; `auto` reads the class token, or the mean where there is none
 */
export function attributeFlow(
  flow: Square,
  { tokens }: AttentionBlocks,
  values: Tensor<'float32'>,
  query: Query,
  model: ModelInfo,
): Float32Tensors {
  const dims = values.dims.slice(1);
  const size = dims[0] as number;
  const layout = layoutOf(tokens, model);
  const { prefix, grid } = layout;
  const positions = Float64Array.from({ length: size - prefix }, (_, p) => {
    const column = prefix + p;
    if (query === 'mean' || (query === 'auto' && grid && prefix === 0)) {
      let sum = 0;
      for (let row = 0; row < size; row++) sum += flow[row * size + column] as number;
      return sum / size;
    }
    return flow[(query === 'last' ? size - 1 : 0) * size + column] as number;
  });
  return positionMap(layout, tokens.name, dims, positions);
}
