/** Straight through quantisation: the gradient of the float network that the quantised one stands for. */
import { describe, expect, it } from 'vitest';
import { COTANGENT, compile, gradientName } from '../../../src/core/autodiff/compile.ts';
import { float } from '../../../src/core/onnx/attributes.ts';
import { GraphBuilder, type Value } from '../../../src/core/onnx/builder.ts';
import type { Graph } from '../../../src/core/onnx/graph.ts';
import { Random } from '../../../src/core/tensor/random.ts';
import { float32, sizeOf, type Tensor, tensor } from '../../../src/core/tensor/tensor.ts';
import { open } from '../../support/engine.ts';

const numbers = (t: Tensor | undefined): number[] => Array.from(t?.data as Float32Array);

async function gradientOf(graph: Graph, x: Tensor) {
  const compiled = compile(graph, { scores: 'y', gradients: ['x'] });
  const [run, plain] = [await open(compiled), await open(graph)];
  const expected = (await plain({ x })).y as Tensor;
  const answer = await run({
    x,
    [COTANGENT]: tensor('float32', expected.dims, new Random(5).normal(sizeOf(expected.dims))),
  });
  await Promise.all([run.release(), plain.release()]);
  return { compiled, y: numbers(answer.y), expected: numbers(expected), dx: numbers(answer[gradientName('x')]) };
}

const scale = (g: GraphBuilder, ...values: number[]): Value =>
  g.constant('float32', values.length === 1 ? [] : [values.length], values);

describe('the gradient of quantised models', () => {
  it('passes through a quantisation pair, and is zero where the value saturates', async () => {
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', ['N', 4]);
    const [s, zero] = [scale(g, 0.1), g.constant('uint8', [], [100])];
    g.named(g.op('DequantizeLinear', [g.op('QuantizeLinear', [x, s, zero]), s, zero]), 'y');
    // The range is -10 to 15.5.
    const { dx } = await gradientOf(g.build([g.value('y')]), float32([1, 4], [-10.2, -9.9, 15.4, 15.7]));
    const passed = new Random(5).normal(4);
    expect(dx).toEqual([0, passed[1], passed[2], 0]);
  });

  it('supports a scale for each channel', async () => {
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', ['N', 2, 2]);
    const [s, zero] = [scale(g, 0.1, 0.01), g.constant('int8', [2], [0, 0])];
    g.named(g.op('DequantizeLinear', [g.op('QuantizeLinear', [x, s, zero], { axis: 1 }), s, zero], { axis: 1 }), 'y');
    const { dx } = await gradientOf(g.build([g.value('y')]), float32([1, 2, 2], [2, 20, 1, 2]));
    expect(dx.map((d) => d !== 0)).toEqual([true, false, true, false]);
  });

  /** A convolution network as onnxruntime's quantiser writes it: operators on integers, or pairs around float ones. */
  function network(kind: 'integers' | 'pairs' | 'float'): Graph {
    const g = GraphBuilder.empty();
    const random = new Random(9);
    const draw = (dims: number[], low: number, high: number, i: number): number[] =>
      Array.from(random.at(i).normal(sizeOf(dims)), (v) => Math.round(Math.min(high, Math.max(low, v * 40))));
    const x = g.input('x', 'float32', ['N', 2, 6, 6]);
    const [sx, zx] = [scale(g, 0.02), g.constant('uint8', [], [128])];
    const [sw, zw] = [scale(g, 0.01), g.constant('int8', [], [0])];
    const [sy, zy] = [scale(g, 0.05), g.constant('uint8', [], [120])];
    const kernel = draw([3, 2, 3, 3], -127, 127, 1);
    const bias = draw([3], -3000, 3000, 2);
    const dense = draw([3, 4], -127, 127, 3);
    const w = g.constant('int8', [3, 2, 3, 3], kernel);
    const d = g.constant('int8', [3, 4], dense);
    const real = (dims: number[], q: number[], s: number): Value =>
      g.constant(
        'float32',
        dims,
        q.map((v) => v * s),
      );
    const pads = { pads: [1, 1, 1, 1] };
    const pool = { kernel_shape: [2, 2], strides: [2, 2] };
    if (kind === 'integers') {
      const q = g.op('QuantizeLinear', [x, sx, zx]);
      const [c] = g.ops('QLinearConv', [q, sx, zx, w, sw, zw, sy, zy, g.constant('int32', [3], bias)], pads) as [Value];
      const m = g.op('MaxPool', [c], pool);
      const [a] = g.ops('QLinearAdd', [m, sy, zy, m, sy, zy, sy, zy], {}, 1, 'com.microsoft') as [Value];
      const [p] = g.ops('QLinearGlobalAveragePool', [a, sy, zy, sy, zy], { channels_last: 0 }, 1, 'com.microsoft') as [
        Value,
      ];
      const f = g.op('Flatten', [p]);
      const o = g.op('QLinearMatMul', [f, sy, zy, d, sw, zw, sy, zy]);
      const [l] = g.ops('QLinearLeakyRelu', [o, sy, zy, sy, zy], { alpha: float(0.1) }, 1, 'com.microsoft') as [Value];
      return g.build([g.named(g.op('DequantizeLinear', [l, sy, zy]), 'y')]);
    }
    const pair = (v: Value, s: Value, z: Value): Value =>
      kind === 'float' ? v : g.op('DequantizeLinear', [g.op('QuantizeLinear', [v, s, z]), s, z]);
    const weight = (q: Value, dims: number[], data: number[]): Value =>
      kind === 'float' ? real(dims, data, 0.01) : g.op('DequantizeLinear', [q, sw, zw]);
    const c = pair(
      g.op('Conv', [pair(x, sx, zx), weight(w, [3, 2, 3, 3], kernel), real([3], bias, 0.0002)], pads),
      sy,
      zy,
    );
    const m = g.op('MaxPool', [c], pool);
    const a = pair(g.add(m, m), sy, zy);
    const f = g.op('Flatten', [pair(g.op('GlobalAveragePool', [a]), sy, zy)]);
    const o = pair(g.op('MatMul', [f, weight(d, [3, 4], dense)]), sy, zy);
    return g.build([g.named(pair(g.op('LeakyRelu', [o], { alpha: float(0.1) }), sy, zy), 'y')]);
  }

  const x = tensor(
    'float32',
    [2, 2, 6, 6],
    new Random(2).normal(144).map((v) => v * 0.6),
  );

  it.each(['pairs', 'integers'] as const)('equals that of the float network, as %s', async (kind) => {
    const [quantised, exact] = [await gradientOf(network(kind), x), await gradientOf(network('float'), x)];
    expect(quantised.compiled.nodes.map((n) => n.op).filter((op) => /^QLinear/.test(op))).toEqual([]);
    const largest = Math.max(...quantised.expected.map(Math.abs));
    for (const [i, y] of quantised.y.entries())
      expect(Math.abs(y - (quantised.expected[i] as number))).toBeLessThan(0.06 + 0.02 * largest);
    const dot = (a: number[], b: number[]): number => a.reduce((sum, v, i) => sum + v * (b[i] as number), 0);
    const cosine = dot(quantised.dx, exact.dx) / Math.sqrt(dot(quantised.dx, quantised.dx) * dot(exact.dx, exact.dx));
    // Not closer: rounding makes ties among the maxima of a pool.
    expect(cosine).toBeGreaterThan(0.9);
  });

  it.each<[string, (g: GraphBuilder, q: Value, s: Value, zero: Value) => Value[]]>([
    ['QLinearMul', (g, q, s, zero) => g.ops('QLinearMul', [q, s, zero, q, s, zero, s, zero], {}, 1, 'com.microsoft')],
    ['QLinearSigmoid', (g, q, s, zero) => g.ops('QLinearSigmoid', [q, s, zero, s, zero], {}, 1, 'com.microsoft')],
    [
      'QLinearConcat',
      (g, q, s, zero) => g.ops('QLinearConcat', [s, zero, q, s, zero, q, s, zero], { axis: 1 }, 1, 'com.microsoft'),
    ],
    [
      'QLinearAveragePool',
      (g, q, s, zero) =>
        g.ops('QLinearAveragePool', [q, s, zero, s, zero], { kernel_shape: [2, 2] }, 1, 'com.microsoft'),
    ],
    [
      'QGemm',
      (g, q, s, zero) => {
        const weights = g.constant(
          'int8',
          [18, 2],
          Array.from({ length: 36 }, (_, i) => ((i * 37) % 200) - 100),
        );
        const bias = g.constant('int32', [2], [3000, -2000]);
        return g.ops(
          'QGemm',
          [g.op('Flatten', [q]), s, zero, weights, scale(g, 0.01), g.constant('int8', [], [0]), bias, s, zero],
          {},
          1,
          'com.microsoft',
        );
      },
    ],
  ])('decomposes %s', async (_, write) => {
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', ['N', 2, 3, 3]);
    const [s, zero] = [scale(g, 0.02), g.constant('uint8', [], [128])];
    const [q] = write(g, g.op('QuantizeLinear', [x, s, zero]), s, zero) as [Value];
    g.named(g.op('DequantizeLinear', [q, s, zero]), 'y');
    const { y, expected, dx } = await gradientOf(
      g.build([g.value('y')]),
      tensor(
        'float32',
        [2, 2, 3, 3],
        new Random(4).normal(36).map((v) => v * 0.7),
      ),
    );
    // A value halfway between two steps may fall to either.
    for (const [i, v] of y.entries()) expect(Math.abs(v - (expected[i] as number))).toBeLessThan(0.0201);
    expect(dx.every((d) => Number.isFinite(d)) && dx.some((d) => d !== 0)).toBe(true);
  });

  it('is refused for dynamic quantisation, whose scale depends on the whole batch', () => {
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', ['N', 4]);
    const [q, s, zero] = g.ops('DynamicQuantizeLinear', [x], {}, 3) as [Value, Value, Value];
    const product = g.op('MatMulInteger', [q, g.constant('int8', [4, 2], [1, 2, 3, 4, 5, 6, 7, 8]), zero]);
    g.named(g.mul(g.op('Cast', [product], { to: 1 }), s), 'y');
    expect(() => compile(g.build([g.value('y')]), { scores: 'y', gradients: ['x'] })).toThrow(/DynamicQuantizeLinear/);
  });
});
