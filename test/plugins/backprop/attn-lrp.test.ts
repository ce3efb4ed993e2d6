/** AttnLRP against its propositions by hand, and conservation through small encoders. */
import { describe, expect, it } from 'vitest';
import { plugins } from '#plugins';
import type { Model } from '../../../src/core/model/model.ts';
import { GraphBuilder, type Value } from '../../../src/core/onnx/builder.ts';
import { Random } from '../../../src/core/tensor/random.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { openGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';
import { transformer } from '../../support/transformer.ts';

const explainer = explainerOf(plugins.map(({ method }) => method));

const [TOKENS, WIDTH, CLASSES] = [4, 6, 3];
const tokens = { x: float32([1, TOKENS, WIDTH], new Random(9).normal(TOKENS * WIDTH)) };

interface Parts {
  /** Attention: softmax of the products, or the products themselves. */
  readonly softmax: boolean;
  readonly shift: boolean;
}

/** One block that normalises first: attention and a dense layer with residuals, no biases, mean over the tokens. */
function encoder({ softmax, shift }: Parts): Promise<Model> {
  const g = GraphBuilder.empty('encoder');
  let seed = 0;
  const w = (...dims: number[]): Value => {
    const size = dims.reduce((a, b) => a * b, 1);
    return g.constant(
      'float32',
      dims,
      new Random(++seed).normal(size).map((value) => value / 2),
    );
  };
  const x = g.input('x', 'float32', ['N', TOKENS, WIDTH]);
  const norm = (value: Value): Value => {
    const offset = shift ? w(WIDTH) : g.constant('float32', [WIDTH], new Float32Array(WIDTH));
    return g.op('LayerNormalization', [value, w(WIDTH), offset]);
  };
  const normed = norm(x);
  const [q, k, v] = [0, 1, 2].map(() => g.op('MatMul', [normed, w(WIDTH, WIDTH)])) as [Value, Value, Value];
  const products = g.named(g.op('MatMul', [q, g.transpose(k, [0, 2, 1])]), 'products');
  const weights = softmax ? g.named(g.op('Softmax', [products], { axis: -1 }), 'weights') : products;
  const mixed = g.named(
    g.add(x, g.op('MatMul', [g.named(g.op('MatMul', [weights, v]), 'values'), w(WIDTH, WIDTH)])),
    'mixed',
  );
  const hidden = g.op('Gelu', [g.op('MatMul', [norm(mixed), w(WIDTH, 12)])]);
  const last = g.add(mixed, g.op('MatMul', [hidden, w(12, WIDTH)]));
  const pooled = g.op('ReduceMean', [last, g.ints([1])], { keepdims: 0 });
  return openGraph(g.build([g.named(g.op('MatMul', [pooled, w(WIDTH, CLASSES)]), 'logits')]));
}

async function relevance(model: Model, params: Record<string, unknown> = {}, inputs: typeof tokens = tokens) {
  const request = {
    method: 'attn_lrp',
    params: { epsilon: 1e-9, normalization: 'identity', ...params },
    target: 1,
    inputs,
  };
  const { rows } = await explainer.explain(model, request);
  const [{ data } = { data: new Float32Array() }] = Object.values(rows[0]?.values ?? {});
  return { data, score: rows[0]?.score ?? Number.NaN };
}

const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);

describe('attn_lrp', () => {
  it('conserves the score through products of activations, norms, residuals and GELU', async () => {
    const { data, score } = await relevance(await encoder({ softmax: false, shift: true }));
    expect(sum(data)).toBeCloseTo(score, 3);
  });

  it('conserves the score at the sum in front of the second norm', async () => {
    const { data, score } = await relevance(await encoder({ softmax: true, shift: true }), { target_layer: 'mixed' });
    expect(sum(data)).toBeCloseTo(score, 4);
  });

  it('gives half of the relevance of a product to attention', async () => {
    const model = await encoder({ softmax: true, shift: true });
    const product = await relevance(model, { target_layer: 'values' });
    const weights = await relevance(model, { target_layer: 'weights' });
    expect(sum(weights.data)).toBeCloseTo(sum(product.data) / 2, 4);
  });

  it('hands relevance through softmax by its expansion', async () => {
    const model = await encoder({ softmax: true, shift: true });
    const before = await relevance(model, { target_layer: 'products' });
    const behind = await relevance(model, { target_layer: 'weights' });
    const [x, s] = await Promise.all(['products', 'weights'].map((layer) => activation(model, layer)));
    for (const [i, value] of before.data.entries()) {
      const start = i - (i % TOKENS);
      const total = sum(behind.data.slice(start, start + TOKENS));
      const expected = (x?.[i] ?? 0) * ((behind.data[i] ?? 0) - (s?.[i] ?? 0) * total);
      expect(value).toBeCloseTo(expected, 4);
    }
  });

  it('loses to softmax alone what the input is short of', async () => {
    const model = await encoder({ softmax: true, shift: true });
    const { data, score } = await relevance(model);
    const before = await relevance(model, { target_layer: 'products' });
    const behind = await relevance(model, { target_layer: 'weights' });
    expect(sum(data)).toBeCloseTo(score - sum(behind.data) + sum(before.data), 3);
  });

  it('lets shifts of a norm take their share with normalization=linear', async () => {
    const model = await encoder({ softmax: false, shift: true });
    const { data, score } = await relevance(model, { normalization: 'linear' });
    expect(Math.abs(sum(data) - score)).toBeGreaterThan(1e-2 * Math.abs(score));
  });

  it('gives finite values through two blocks of a vision transformer', async () => {
    const inputs = { image: float32([1, 3, 8, 8], new Random(4).normal(192)) };
    const { data } = await relevance(await transformer(), {}, inputs as never);
    expect(data).toHaveLength(192);
    expect(data.every(Number.isFinite)).toBe(true);
    expect(data.some((value) => value !== 0)).toBe(true);
  });
});

type Activation = readonly [fused: string, spelled: (g: GraphBuilder, x: Value) => Value];

const half = (g: GraphBuilder, x: Value): Value => g.mul(x, g.scalar(0.5));
const ACTIVATIONS: readonly Activation[] = [
  ['Gelu', (g, x) => half(g, g.mul(x, g.add(g.op('Erf', [g.div(x, g.scalar(Math.SQRT2))]), g.scalar(1))))],
  ['Gelu', (g, x) => g.mul(half(g, x), g.add(g.op('Erf', [g.mul(x, g.scalar(Math.SQRT1_2))]), g.scalar(1)))],
  ['Mish', (g, x) => g.mul(x, g.op('Tanh', [g.op('Softplus', [x])]))],
  [
    'HardSwish',
    (g, x) => g.mul(g.div(g.op('Clip', [g.add(x, g.scalar(3)), g.scalar(0), g.scalar(6)]), g.scalar(6)), x),
  ],
];

describe.each(ACTIVATIONS)('%s spelled out as a product', (fused, spelled) => {
  it.each(['attn_lrp', 'lrp'])('gets the relevance of the single operator (%s)', async (method) => {
    const build = (activate: (g: GraphBuilder, x: Value) => Value) => {
      const g = GraphBuilder.empty();
      const x = g.input('x', 'float32', ['N', TOKENS, WIDTH]);
      const w = (seed: number) => g.constant('float32', [WIDTH, WIDTH], new Random(seed).normal(WIDTH * WIDTH));
      const hidden = activate(
        g,
        g.add(g.op('MatMul', [x, w(1)]), g.constant('float32', [WIDTH], new Random(3).normal(WIDTH))),
      );
      return openGraph(g.build([g.named(g.reduce('ReduceMean', g.op('MatMul', [hidden, w(2)]), [1], false), 'y')]));
    };
    const run = async (model: Model) => {
      const { rows } = await explainer.explain(model, { method, target: 1, inputs: tokens });
      return [...(rows[0]?.values.x?.data ?? [])];
    };
    const expected = await run(await build((g, x) => g.op(fused, [x])));
    const found = await run(await build(spelled));
    for (const [i, value] of found.entries()) expect(value).toBeCloseTo(expected[i] as number, 4);
  });
});

it('gives both factors of a gated layer their half with attn_lrp', async () => {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 2]);
  const [a, b] = [g.mul(x, g.constant('float32', [2], [2, 1])), g.add(x, g.constant('float32', [2], [1, 1]))];
  const gate = g.named(g.op('MatMul', [a, g.constant('float32', [2, 2], [1, 0, 0, 1])]), 'gate');
  const value = g.named(g.op('MatMul', [b, g.constant('float32', [2, 2], [1, 0, 0, 1])]), 'value');
  const model = await openGraph(g.build([g.named(g.mul(g.op('Sigmoid', [gate]), value), 'y')]));
  const at = async (target_layer: string) => {
    const request = { method: 'attn_lrp', params: { target_layer }, target: 0, inputs: { x: float32([1, 2], [1, 2]) } };
    const { rows } = await explainer.explain(model, request);
    return { relevance: Object.values(rows[0]?.values ?? {})[0]?.data[0] as number, score: rows[0]?.score as number };
  };
  for (const layer of ['gate', 'value']) {
    const { relevance: half, score } = await at(layer);
    expect(half).toBeCloseTo(score / 2, 4);
  }
});

async function activation(model: Model, layer: string): Promise<Float32Array> {
  const request = { method: 'layer_activation', params: { target_layer: layer }, target: 1, inputs: tokens };
  const { rows } = await explainer.explain(model, request);
  const [{ data } = { data: new Float32Array() }] = Object.values(rows[0]?.values ?? {});
  return data;
}
