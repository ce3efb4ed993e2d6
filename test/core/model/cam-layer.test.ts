import { describe, expect, it } from 'vitest';
import { attentionMaps } from '../../../src/core/model/attention.ts';
import { GraphBuilder, type Value } from '../../../src/core/onnx/builder.ts';
import { Random } from '../../../src/core/tensor/random.ts';
import { openGraph } from '../../../src/testing/models.ts';

/** An 8x8 image in 4x4 patches of 6 channels, and what is built on them. */
class Patches {
  readonly g = GraphBuilder.empty();
  readonly map: Value;
  /** Names of tensors of the graph, by what the tests call them. */
  readonly names: Record<string, string> = {};
  private seed = 0;

  constructor() {
    this.map = this.g.named(
      this.g.op('Conv', [this.g.input('image', 'float32', ['N', 1, 8, 8]), this.weights(6, 1, 2, 2)], {
        strides: [2, 2],
      }),
      'patches',
    );
  }

  weights(...dims: number[]): Value {
    return this.g.constant('float32', dims, new Random(++this.seed).normal(dims.reduce((a, b) => a * b, 1)));
  }

  called(name: string, value: Value): Value {
    this.names[name] = value.name;
    return value;
  }

  reshape(value: Value, ...dims: number[]): Value {
    return this.g.op('Reshape', [value, this.g.ints(dims)]);
  }

  transpose(value: Value, ...perm: number[]): Value {
    return this.g.op('Transpose', [value], { perm });
  }

  norm(value: Value, name: string, width = 6): Value {
    return this.called(
      name,
      this.g.op('LayerNormalization', [value, this.weights(width), this.weights(width)], { axis: -1 }),
    );
  }

  dense(value: Value, from = 6, to = 6): Value {
    return this.g.op('MatMul', [value, this.weights(from, to)]);
  }

  /** [N, 16, 6]. */
  tokens(): Value {
    return this.transpose(this.reshape(this.map, 0, 6, 16), 0, 2, 1);
  }

  attention(q: Value, k: Value, v: Value, keys: readonly number[] = [0, 2, 1]): Value {
    const scores = this.g.op('MatMul', [q, this.transpose(k, ...keys)]);
    return this.g.op('MatMul', [this.g.op('Softmax', [scores], { axis: -1 }), v]);
  }

  /** Classes from the mean over the tokens. */
  async open(tokens: Value, axes: readonly number[] = [1]) {
    const { g } = this;
    const mean = g.reduce('ReduceMean', tokens, axes, false);
    return (await openGraph(g.build([g.named(this.dense(mean, 6, 3), 'logits')]))).info();
  }
}

describe('the layer that CAM methods take', () => {
  it('is in front of attention whose queries and keys are normalised head by head', async () => {
    const p = new Patches();
    const normal = p.norm(p.tokens(), 'norm');
    const heads = () => p.transpose(p.reshape(p.dense(normal), 0, 16, 2, 3), 0, 2, 1, 3);
    const mixed = p.attention(p.norm(heads(), 'q_norm', 3), p.norm(heads(), 'k_norm', 3), heads(), [0, 1, 3, 2]);
    const info = await p.open(p.reshape(p.transpose(mixed, 0, 2, 1, 3), 0, 16, 6));
    expect(info.camLayer).toMatchObject({ name: p.names.norm, dims: [16, 6] });
    expect(info.layout?.(p.names.norm ?? '')).toEqual({ channels: 'last', prefix: 0, grid: [4, 4] });
    expect(info.layout?.(p.names.k_norm ?? '')).toBeUndefined();
  });

  it('keeps blocks of tokens at their places in the image', async () => {
    const p = new Patches();
    // [N, C, 2, 2, 2, 2] to [N, blocks, places in a block, C].
    const blocks = p.reshape(p.transpose(p.reshape(p.map, 0, 6, 2, 2, 2, 2), 0, 2, 4, 3, 5, 1), 0, 4, 4, 6);
    const normal = p.norm(blocks, 'norm');
    const mixed = p.attention(normal, normal, p.dense(normal), [0, 1, 3, 2]);
    const info = await p.open(mixed, [1, 2]);
    expect(info.camLayer?.name).toBe(p.names.norm);
    expect(info.layout?.(p.names.norm ?? '')?.order).toEqual([0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15]);
  });

  it('is the feature map behind attention over unfolded patches', async () => {
    const p = new Patches();
    const unfolded = p.reshape(p.transpose(p.reshape(p.map, 0, 6, 2, 2, 2, 2), 0, 3, 5, 2, 4, 1), 0, 4, 4, 6);
    const normal = p.norm(unfolded, 'norm');
    const mixed = p.attention(normal, normal, p.dense(normal), [0, 1, 3, 2]);
    const folded = p.reshape(p.transpose(p.reshape(mixed, 0, 2, 2, 2, 2, 6), 0, 5, 3, 1, 4, 2), 0, 6, 4, 4);
    const map = p.called('map', p.g.op('Conv', [folded, p.weights(6, 6, 1, 1)]));
    expect((await p.open(map, [2, 3])).camLayer?.name).toBe(p.names.map);
  });

  it('is in front of the last token mixing of a mixer', async () => {
    const p = new Patches();
    let tokens = p.tokens();
    for (const block of [0, 1]) {
      const mixed = p.dense(p.transpose(p.norm(tokens, `mix_norm_${block}`), 0, 2, 1), 16, 16);
      tokens = p.g.add(tokens, p.transpose(mixed, 0, 2, 1));
      tokens = p.g.add(tokens, p.dense(p.norm(tokens, `channel_norm_${block}`)));
    }
    expect((await p.open(p.norm(tokens, 'norm'))).camLayer?.name).toBe(p.names.mix_norm_1);
  });

  it('is a list of places with channels first, laid on the grid of the image', async () => {
    const p = new Patches();
    const mixed = p.g.op('Conv', [p.reshape(p.map, 0, 6, 16), p.weights(6, 6, 1)]);
    const info = await p.open(p.called('list', p.g.op('Relu', [mixed])), [2]);
    expect(info.camLayer).toMatchObject({ name: p.names.list, dims: [6, 16] });
    expect(info.layout?.(p.names.list ?? '')).toEqual({ channels: 'first', prefix: 0, grid: [4, 4] });
  });

  it('is not a layer of which a class token takes nothing', async () => {
    const p = new Patches();
    const { g } = p;
    const withClass = g.op(
      'Concat',
      [g.mul(g.op('Slice', [p.tokens(), g.ints([0]), g.ints([1]), g.ints([1])]), g.scalar(0)), p.tokens()],
      { axis: 1 },
    );
    const normal = p.norm(withClass, 'norm');
    const places = g.op('Slice', [normal, g.ints([1]), g.ints([17]), g.ints([1])]);
    const map = g.op('Conv', [p.reshape(p.transpose(places, 0, 2, 1), 0, 6, 4, 4), p.weights(6, 6, 1, 1)]);
    const flat = p.transpose(p.reshape(p.called('dead', map), 0, 6, 16), 0, 2, 1);
    const padded = g.op('Pad', [flat, g.ints([0, 1, 0, 0, 0, 0])]);
    const all = g.add(g.add(withClass, p.attention(normal, normal, p.dense(normal))), padded);
    const token = g.op('Gather', [all, g.constant('int64', [], [0])], { axis: 1 });
    const info = (await openGraph(g.build([g.named(p.dense(token, 6, 3), 'logits')]))).info();
    expect(info.camLayer).toMatchObject({ name: p.names.norm, dims: [17, 6] });
    expect(info.layout?.(p.names.norm ?? '')).toEqual({ channels: 'last', prefix: 1, grid: [4, 4] });
  });

  it('is a feature map that every level of a detector depends on, and no prediction', async () => {
    const p = new Patches();
    const { g } = p;
    const fine = p.called('fine', g.op('Relu', [p.map]));
    const coarse = g.op('Relu', [g.op('Conv', [fine, p.weights(6, 6, 2, 2)], { strides: [2, 2] })]);
    const head = (map: Value): Value =>
      p.transpose(p.reshape(g.op('Conv', [map, p.weights(5, 6, 1, 1)]), 0, 5, -1), 0, 2, 1);
    const logits = g.op('Concat', [head(fine), head(coarse)], { axis: 1 });
    expect((await openGraph(g.build([g.named(logits, 'logits')]))).info().camLayer?.name).toBe(p.names.fine);
  });
});

describe('attention behind a mask', () => {
  it.each(['Where', 'Mul'])('is found behind %s, with the masked probabilities', async (op) => {
    const p = new Patches();
    const { g } = p;
    const normal = p.norm(p.tokens(), 'norm');
    const scores = g.op('Softmax', [g.op('MatMul', [normal, p.transpose(normal, 0, 2, 1)])], { axis: -1 });
    const masked =
      op === 'Mul'
        ? g.mul(scores, p.weights(1, 1, 16))
        : g.op('Where', [g.constant('bool', [1, 1, 16], Array(16).fill(1)), scores, g.scalar(0)]);
    const mixed = g.op('MatMul', [p.called('masked', masked), p.dense(normal)]);
    const { graph } = await p.open(mixed);
    expect(attentionMaps(graph)).toMatchObject([{ name: p.names.masked, tokens: p.names.norm }]);
  });
});
