/** A vision transformer of one block with the exact weights of {@link file://./convention-nets.ts}. */
import type { Model } from '../../src/core/model/model.ts';
import { GraphBuilder, type Value } from '../../src/core/onnx/builder.ts';
import { openGraph } from '../../src/testing/models.ts';
import { fractions, weights } from './convention-nets.ts';

const [WIDTH, HEADS] = [6, 2];

/**
 * `image` [N, 2, 2 rows, 2 columns] in patches of 2 x 2 behind `extra` tokens; the tensor `norm1` is what the attention
 * reads. Three classes from the first token, or from the mean of all where there is no extra one.
 */
export function patchNet(rows: number, columns: number, extra: number): Promise<Model> {
  const g = GraphBuilder.empty();
  const x = g.input('image', 'float32', ['N', 2, 2 * rows, 2 * columns]);
  const count = rows * columns + extra;
  const patches = g.op('Conv', [x, weights(g, 41, [WIDTH, 2, 2, 2])], { strides: [2, 2] });
  const places = g.op('Transpose', [g.op('Reshape', [patches, g.ints([0, WIDTH, -1])])], { perm: [0, 2, 1] });
  const tokens = g.add(extra > 0 ? withExtra(g, places, extra) : places, weights(g, 43, [1, count, WIDTH]));
  const scale = fractions(WIDTH, 44).map((value) => 1 + value / 2);
  const normal = norm(g, tokens, scale, fractions(WIDTH, 45));
  const mixed = g.add(tokens, attention(g, g.named(normal, 'norm1')));
  const inner = g.op('Relu', [g.op('MatMul', [mixed, weights(g, 50, [WIDTH, 8])])]);
  const last = norm(
    g,
    g.add(mixed, g.op('MatMul', [inner, weights(g, 51, [8, WIDTH])])),
    Array(WIDTH).fill(1),
    Array(WIDTH).fill(0),
  );
  const read =
    extra > 0
      ? g.op('Gather', [last, g.constant('int64', [], [0])], { axis: 1 })
      : g.reduce('ReduceMean', last, [1], false);
  return openGraph(g.build([g.named(g.op('MatMul', [read, weights(g, 52, [WIDTH, 3])]), 'logits')]));
}

/** Class and register tokens in front of the patches, for as many images as there are. */
function withExtra(g: GraphBuilder, places: Value, extra: number): Value {
  const first = g.op('Slice', [places, g.ints([0]), g.ints([1]), g.ints([1])]);
  const own = g.add(g.mul(first, g.scalar(0)), weights(g, 42, [1, extra, WIDTH]));
  return g.op('Concat', [own, places], { axis: 1 });
}

const norm = (g: GraphBuilder, x: Value, scale: readonly number[], shift: readonly number[]): Value =>
  g.op('LayerNormalization', [x, g.constant('float32', [WIDTH], scale), g.constant('float32', [WIDTH], shift)], {
    axis: -1,
    epsilon: { type: 'float', value: 1e-5 },
  });

function attention(g: GraphBuilder, x: Value): Value {
  const heads = (seed: number): Value => {
    const all = g.op('MatMul', [x, weights(g, seed, [WIDTH, WIDTH])]);
    return g.op('Transpose', [g.op('Reshape', [all, g.ints([0, 0, HEADS, WIDTH / HEADS])])], { perm: [0, 2, 1, 3] });
  };
  const [q, k, v] = [heads(46), heads(47), heads(48)];
  const products = g.op('MatMul', [q, g.op('Transpose', [k], { perm: [0, 1, 3, 2] })]);
  const shares = g.op('Softmax', [g.div(products, g.scalar(Math.sqrt(WIDTH / HEADS)))], { axis: -1 });
  const joined = g.op('Transpose', [g.op('MatMul', [shares, v])], { perm: [0, 2, 1, 3] });
  return g.op('MatMul', [g.op('Reshape', [joined, g.ints([0, 0, WIDTH])]), weights(g, 49, [WIDTH, WIDTH])]);
}
