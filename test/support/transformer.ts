/** A small vision transformer with seeded weights, with heads on an axis of their own or folded into the batch. */
import type { Model } from '../../src/core/model/model.ts';
import { GraphBuilder, type Value } from '../../src/core/onnx/builder.ts';
import { Random } from '../../src/core/tensor/random.ts';
import { openGraph } from '../../src/testing/models.ts';

const [WIDTH, HEADS, TOKENS, BLOCKS] = [8, 2, 5, 2];

export interface TransformerOptions {
  /** As PyTorch's own attention module is exported: [N * heads, tokens, tokens]. */
  readonly foldHeads?: boolean;
  /** The normalisation in simple operators, as older exporters have it. */
  readonly spellOutNorm?: boolean;
}

/** 3x8x8 images in four patches and a class token, two blocks of two heads, 4 classes. */
export function transformer({ foldHeads = false, spellOutNorm = false }: TransformerOptions = {}): Promise<Model> {
  const g = GraphBuilder.empty('transformer');
  const x = g.input('image', 'float32', ['N', 3, 8, 8]);
  let seed = 0;
  const weights = (...dims: number[]): Value => {
    const size = dims.reduce((a, b) => a * b, 1);
    const values = new Random(++seed).normal(size).map((value) => (2 * value) / Math.sqrt(size / (dims[0] as number)));
    return g.constant('float32', dims, values);
  };
  const norm = (value: Value): Value => {
    const [scale, shift] = [weights(WIDTH), weights(WIDTH)];
    if (!spellOutNorm) return g.op('LayerNormalization', [value, scale, shift], { axis: -1 });
    const centred = g.sub(value, g.reduce('ReduceMean', value, [-1]));
    const deviation = g.op('Sqrt', [g.add(g.reduce('ReduceMean', g.mul(centred, centred), [-1]), g.scalar(1e-5))]);
    return g.add(g.mul(g.div(centred, deviation), scale), shift);
  };
  const patches = g.op('Conv', [x, weights(WIDTH, 3, 4, 4)], { strides: [4, 4] });
  const rows = g.op('Transpose', [g.op('Reshape', [patches, g.ints([0, WIDTH, -1])])], { perm: [0, 2, 1] });
  const first = g.op('Slice', [rows, g.ints([0]), g.ints([1]), g.ints([1])]);
  const classToken = g.add(g.mul(first, g.scalar(0)), weights(1, 1, WIDTH));
  let tokens = g.add(g.op('Concat', [classToken, rows], { axis: 1 }), weights(1, TOKENS, WIDTH));
  for (let block = 0; block < BLOCKS; block++) {
    const normal = norm(tokens);
    const heads = (): Value => {
      const all = g.op('MatMul', [normal, weights(WIDTH, WIDTH)]);
      const split = g.op('Transpose', [g.op('Reshape', [all, g.ints([0, 0, HEADS, WIDTH / HEADS])])], {
        perm: [0, 2, 1, 3],
      });
      return foldHeads ? g.op('Reshape', [split, g.ints([-1, TOKENS, WIDTH / HEADS])]) : split;
    };
    const [q, k, v] = [heads(), heads(), heads()];
    const keys = g.op('Transpose', [k], { perm: foldHeads ? [0, 2, 1] : [0, 1, 3, 2] });
    const attention = g.op('Softmax', [g.op('MatMul', [q, keys])], { axis: -1 });
    const mixed = g.op('MatMul', [attention, v]);
    const apart = foldHeads ? g.op('Reshape', [mixed, g.ints([-1, HEADS, TOKENS, WIDTH / HEADS])]) : mixed;
    const joined = g.op('Reshape', [g.op('Transpose', [apart], { perm: [0, 2, 1, 3] }), g.ints([0, 0, WIDTH])]);
    tokens = g.add(tokens, g.op('MatMul', [joined, weights(WIDTH, WIDTH)]));
    const inner = g.op('Relu', [g.op('MatMul', [norm(tokens), weights(WIDTH, 12)])]);
    tokens = g.add(tokens, g.op('MatMul', [inner, weights(12, WIDTH)]));
  }
  const classified = g.op('Gather', [norm(tokens), g.constant('int64', [], [0])], { axis: 1 });
  return openGraph(g.build([g.named(g.op('MatMul', [classified, weights(WIDTH, 4)]), 'logits')]));
}
