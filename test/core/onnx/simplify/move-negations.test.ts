import { expect, test } from 'vitest';
import { compile } from '../../../../src/core/autodiff/compile.ts';
import { float } from '../../../../src/core/onnx/attributes.ts';
import { GraphBuilder, type Value } from '../../../../src/core/onnx/builder.ts';
import type { Graph } from '../../../../src/core/onnx/graph.ts';
import { moveNegations } from '../../../../src/core/onnx/simplify/move-negations.ts';
import { write } from '../../../../src/core/onnx/write.ts';
import { float32 } from '../../../../src/core/tensor/tensor.ts';
import { onnxruntimeWeb } from '../../../../src/node/onnxruntime-web.ts';

const CHANNELS = 4;
const SPACE = [3, 5];
const noise = (size: number, seed: number): number[] =>
  Array.from({ length: size }, (_, i) => Math.sin(seed + 1.7 * i));

const kernel = (g: GraphBuilder, seed: number): Value =>
  g.constant('float32', [CHANNELS, CHANNELS, 1, 1], noise(CHANNELS * CHANNELS, seed));

const relu = (g: GraphBuilder, x: Value): Value => g.op('Relu', [x]);

function graphOf(body: (g: GraphBuilder, x: Value, z: Value) => Value): Graph {
  const g = GraphBuilder.empty();
  const [x, z] = ['x', 'z'].map((name) => g.input(name, 'float32', ['N', CHANNELS, ...SPACE])) as [Value, Value];
  return g.build([g.named(body(g, x, z), 'y')]);
}

/** Operators of a graph, Identity left out: engines remove it. */
const operators = ({ nodes }: Graph): string[] => nodes.map(({ op }) => op).filter((op) => op !== 'Identity');

const size = CHANNELS * (SPACE[0] as number) * (SPACE[1] as number);
const inputs = {
  x: float32([1, CHANNELS, ...SPACE], noise(size, 1)),
  z: float32([1, CHANNELS, ...SPACE], noise(size, 2)),
};

/** Elements of y, without the signs of zeros. */
async function run(graph: Graph): Promise<number[]> {
  const session = await onnxruntimeWeb().load(write(graph));
  const { y } = await session.run(inputs);
  await session.release();
  return Array.from(y?.data as Float32Array, (value) => value + 0);
}

const GRAPHS: readonly [string, (g: GraphBuilder, x: Value, z: Value) => Value, readonly string[]][] = [
  ['two negations around a convolution cancel', (g, x) => g.neg(g.op('Conv', [g.neg(x), kernel(g, 3)])), ['Conv']],
  [
    'two negations around a transposed convolution and a product cancel',
    (g, x, z) => g.neg(g.mul(g.op('ConvTranspose', [g.neg(x), kernel(g, 3)]), z)),
    ['ConvTranspose', 'Mul'],
  ],
  ['a product of two negations has none', (g, x) => g.mul(g.neg(x), g.neg(relu(g, x))), ['Relu', 'Mul']],
  ['a sum with a negation is a difference', (g, x, z) => g.add(g.neg(x), z), ['Sub']],
  ['a sum with a negation on the right is a difference', (g, x, z) => g.add(z, g.neg(x)), ['Sub']],
  ['a sum of two negations has one', (g, x) => g.add(g.neg(x), g.neg(relu(g, x))), ['Relu', 'Add', 'Neg']],
  ['a difference of two negations has none', (g, x) => g.sub(g.neg(x), g.neg(relu(g, x))), ['Relu', 'Sub']],
  ['a value minus a negation is a sum', (g, x, z) => g.sub(z, g.neg(x)), ['Add']],
  ['a negation minus a value is the negation of a sum', (g, x, z) => g.sub(g.neg(x), z), ['Add', 'Neg']],
  [
    'a negation that two nodes read passes through both',
    (g, x) => {
      const minus = g.neg(x);
      return g.add(g.neg(g.op('Conv', [minus, kernel(g, 3)])), g.neg(g.op('Conv', [minus, kernel(g, 4)])));
    },
    ['Conv', 'Conv', 'Add'],
  ],
  [
    'a convolution with a bias keeps its negation',
    (g, x) => g.op('Conv', [g.neg(x), kernel(g, 3), g.constant('float32', [CHANNELS], noise(CHANNELS, 5))]),
    ['Neg', 'Conv'],
  ],
  [
    'an activation keeps its negation',
    (g, x) => g.op('LeakyRelu', [g.neg(x)], { alpha: float(0.1) }),
    ['Neg', 'LeakyRelu'],
  ],
  ['a divisor passes its negation on', (g, x, z) => g.neg(g.div(z, g.neg(x))), ['Div']],
];

test.each(GRAPHS)('%s, and the values stay the same', async (_, body, expected) => {
  const graph = graphOf(body);
  const moved = moveNegations(graph, 'x');
  expect(operators(moved)).toEqual(expected);
  expect(await run(moved)).toEqual(await run(graph));
});

test('negations that do not depend on the named input stay where they are', () => {
  const graph = graphOf((g, _, z) => g.neg(g.op('Conv', [g.neg(z), kernel(g, 3)])));
  expect(operators(moveNegations(graph, 'x'))).toEqual(['Neg', 'Conv', 'Neg']);
});

test('a graph without negations is returned itself', () => {
  const graph = graphOf((g, x, z) => g.add(x, z));
  expect(moveNegations(graph, 'x')).toBe(graph);
});

/** Convolutions with ReLU6 behind each, and a sum around the middle two, as in MobileNetV2. */
function chain(activations: number): Graph {
  const g = GraphBuilder.empty();
  const layer = (x: Value, seed: number): Value =>
    g.op('Clip', [g.op('Conv', [x, kernel(g, seed)]), g.scalar(0), g.scalar(6)]);
  let x = g.input('x', 'float32', ['N', CHANNELS, ...SPACE]);
  for (let i = 0; i < activations; i++) x = i === 2 ? g.add(x, layer(layer(x, 20), 21)) : layer(x, i);
  return g.build([g.named(g.reduce('ReduceMean', x, [2, 3], false), 'scores')]);
}

test.each([
  [3, 0],
  [4, 1],
])(
  'a gradient through a network of ReLU6 has three passes for each, and at most one negation in all (%i layers)',
  (layers, negations) => {
    const graph = compile(chain(layers), { scores: 'scores', gradients: ['x'], optimize: 'memory' });
    const count = (op: string): number => operators(graph).filter((each) => each === op).length;
    const gates = count('Clip');
    expect({ shrinks: count('Shrink'), signs: count('Sign'), products: count('Mul'), negations: count('Neg') }).toEqual(
      {
        shrinks: gates,
        signs: gates,
        products: gates,
        negations,
      },
    );
  },
);
