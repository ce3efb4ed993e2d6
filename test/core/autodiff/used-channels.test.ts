import { expect, test } from 'vitest';
import { COTANGENT, compile, gradientName } from '../../../src/core/autodiff/compile.ts';
import { GraphBuilder, type Value } from '../../../src/core/onnx/builder.ts';
import { write } from '../../../src/core/onnx/write.ts';
import { Random } from '../../../src/core/tensor/random.ts';
import { sizeOf, type Tensor, tensor } from '../../../src/core/tensor/tensor.ts';
import { onnxruntimeNode } from '../../../src/node/onnxruntime-node.ts';
import { onnxruntimeWeb } from '../../../src/node/onnxruntime-web.ts';

const CLASSES = 300;
const random = (seed: number, dims: readonly number[]) => new Random(seed, 0).normal(sizeOf(dims));

/**
 * A classifier of 1x1 kernels at each position, averaged behind it, as SqueezeNet has it.
 * @param parts convolutions that share the classes
 */
function classifier(parts: number) {
  const g = GraphBuilder.empty();
  const x = g.op('Tanh', [g.input('x', 'float32', ['N', 5, 3, 4])]);
  const [weights, size] = [random(1, [CLASSES, 5]), CLASSES / parts];
  const scores = Array.from({ length: parts }, (_, part) => {
    const rows = weights.slice(part * size * 5, (part + 1) * size * 5);
    return g.op('Conv', [x, g.constant('float32', [size, 5, 1, 1], rows)]);
  });
  const maps = g.op('Relu', [parts === 1 ? (scores[0] as Value) : g.op('Concat', scores, { axis: 1 })]);
  return g.build([g.named(g.op('Flatten', [g.op('GlobalAveragePool', [maps])]), 'scores')]);
}

/** Rows of cotangents: one class, the first class, a margin, all classes, and none. */
const ROWS: readonly ((index: number) => number)[] = [
  (i) => Number(i === 17),
  (i) => Number(i === 0),
  (i) => Number(i === 40) - Number(i === 299),
  (i) => Math.sin(i + 1),
  () => 0,
];

const cotangents = (rows: readonly ((index: number) => number)[]) =>
  tensor(
    'float32',
    [rows.length, CLASSES],
    rows.flatMap((row) => Array.from({ length: CLASSES }, (_, i) => row(i))),
  );

test.each([
  ['onnxruntime-node', 'speed', onnxruntimeNode({ threads: 1 })],
  ['onnxruntime-web', 'memory', onnxruntimeWeb()],
] as const)(
  'the gradient behind many classes is that over all of them, whichever are explained (%s)',
  async (...each) => {
    const [, optimize, engine] = each;
    const request = { scores: 'scores', gradients: ['x'], topClass: false, optimize } as const;
    const used = compile(classifier(1), request);
    expect(used.nodes.filter(({ op }) => op === 'NonZero')).toHaveLength(1);
    // Nor is the cotangent repeated at each position for the other classes.
    expect(used.nodes.filter(({ op }) => op === 'Expand')).toHaveLength(0);
    const whole = compile(classifier(2), request);
    expect(whole.nodes.filter(({ op }) => op === 'NonZero')).toHaveLength(0);
    const [sparse, dense] = [await engine.load(write(used)), await engine.load(write(whole))];
    for (const rows of [...ROWS.map((row) => [row]), ROWS]) {
      const shape = [rows.length, 5, 3, 4];
      const feeds = { x: tensor('float32', shape, random(2, shape)), [COTANGENT]: cotangents(rows) };
      const [mine, theirs] = [
        (await sparse.run(feeds))[gradientName('x')],
        (await dense.run(feeds))[gradientName('x')],
      ];
      expect(mine?.dims).toEqual(shape);
      const expected = (theirs as Tensor).data as Float32Array;
      for (const [i, value] of expected.entries()) expect(Number(mine?.data[i])).toBeCloseTo(value, 5);
    }
    await Promise.all([sparse.release(), dense.release()]);
  },
);

/** A classifier over features that have no positions, by one of the operators that exporters write for it. */
function dense(op: 'Conv' | 'Gemm') {
  const [features, classes] = [512, 1024];
  const g = GraphBuilder.empty();
  const shape = op === 'Conv' ? [1, 1] : [];
  const x = g.op('Tanh', [g.input('x', 'float32', ['N', features, ...shape])]);
  const weights = g.constant('float32', [classes, features, ...shape], random(1, [classes, features]));
  const scores = g.op(op, [x, weights], op === 'Gemm' ? { transB: 1 } : {});
  return { graph: g.build([g.named(g.op('Flatten', [scores]), 'scores')]), shape: [2, features, ...shape], classes };
}

test.each(['Conv', 'Gemm'] as const)('only the rows of the explained classes of a large %s are read', async (op) => {
  const { graph, shape, classes } = dense(op);
  const compiled = compile(graph, { scores: 'scores', gradients: ['x'], topClass: false });
  expect(compiled.nodes.filter(({ op }) => op === 'NonZero')).toHaveLength(1);
  const [x, weights] = [random(2, shape), random(1, [classes, shape[1] as number])];
  const cotangent = Float32Array.from({ length: 2 * classes }, (_, i) => Number(i === 7) - Number(i === classes + 900));
  for (const engine of [onnxruntimeNode({ threads: 1 }), onnxruntimeWeb()]) {
    const session = await engine.load(write(compiled));
    const feeds = { x: tensor('float32', shape, x), [COTANGENT]: tensor('float32', [2, classes], cotangent) };
    const { [gradientName('x')]: given } = await session.run(feeds);
    const features = shape[1] as number;
    for (const [i, value] of Array.from(given?.data as Float32Array).entries()) {
      const [row, feature] = [Math.floor(i / features), i % features];
      const weight = row === 0 ? weights[7 * features + feature] : -Number(weights[900 * features + feature]);
      expect(value).toBeCloseTo((1 - Math.tanh(x[i] as number) ** 2) * Number(weight), 5);
    }
    await session.release();
  }
});
