/** Tests of the driver: paths, sums, zeros, shapes, refusals. */
import { describe, expect, it } from 'vitest';
import { COTANGENT, compile, gradientName } from '../../../src/core/autodiff/compile.ts';
import { GraphBuilder, type Value } from '../../../src/core/onnx/builder.ts';
import type { Graph } from '../../../src/core/onnx/graph.ts';
import { write } from '../../../src/core/onnx/write.ts';
import { Random } from '../../../src/core/tensor/random.ts';
import { float32, sizeOf, type Tensor } from '../../../src/core/tensor/tensor.ts';
import { open } from '../../support/engine.ts';

const numbers = (t: Tensor | undefined): number[] => Array.from(t?.data as Float32Array);

/** Gradient of `scores` of a graph whose only input is `x`. */
async function gradientOf(graph: Graph, scores: string, wrt: string[], x: Tensor, cotangent: Tensor) {
  const run = await open(compile(graph, { scores, gradients: wrt }));
  const answer = await run({ x, [COTANGENT]: cotangent });
  await run.release();
  return answer;
}

/** Conv, Relu, MaxPool, residual Add, GlobalAveragePool, Gemm: two of most things. */
function smallNet(): Graph {
  const g = GraphBuilder.empty('small');
  const random = new Random(3);
  const weights = (...dims: number[]) => g.constant('float32', dims, random.at(sizeOf(dims)).normal(sizeOf(dims)));
  const x = g.input('x', 'float32', ['N', 3, 8, 8]);
  const a = g.op('Relu', [g.op('Conv', [x, weights(4, 3, 3, 3), weights(4)], { pads: [1, 1, 1, 1] })]);
  const b = g.op('MaxPool', [a], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] });
  const c = g.op('Relu', [g.op('Conv', [b, weights(4, 4, 3, 3)], { pads: [1, 1, 1, 1] })]);
  const d = g.named(g.add(b, c), 'features');
  const pooled = g.op('Flatten', [g.op('GlobalAveragePool', [d])]);
  return g.build([g.named(g.op('Gemm', [pooled, weights(5, 4), weights(5)], { transB: 1 }), 'logits')]);
}

describe('differentiate', () => {
  it('sums the cotangents of a value with several consumers', async () => {
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', ['N', 2]);
    const y = g.named(g.add(g.mul(x, x), g.add(x, g.neg(x))), 'y');
    const answer = await gradientOf(g.build([y]), 'y', ['x'], float32([1, 2], [3, -1]), float32([1, 2], [1, 1]));
    expect(numbers(answer[gradientName('x')])).toEqual([6, -2]);
  });

  it.each(['Identity', 'Reshape', 'Transpose'])(
    'differentiates at the result of %s, not at its operand',
    async (op) => {
      const g = GraphBuilder.empty();
      const x = g.input('x', 'float32', ['N', 2, 2]);
      const y = g.mul(x, g.scalar(2));
      const moved = (value: Value): Value => {
        if (op === 'Identity') return value;
        return op === 'Reshape' ? g.op(op, [value, g.ints([-1, 2, 2])]) : g.transpose(value, [0, 2, 1]);
      };
      const before = op === 'Reshape' ? g.op(op, [y, g.ints([-1, 4])]) : moved(y);
      const z = g.named(before, 'z');
      const graph = g.build([g.named(g.add(g.mul(moved(z), moved(z)), g.mul(y, g.scalar(3))), 'scores')]);
      const ones = float32([1, 2, 2], [1, 1, 1, 1]);
      const answer = await gradientOf(graph, 'scores', ['x', 'z'], float32([1, 2, 2], [1, 2, 3, 4]), ones);
      const at = op === 'Transpose' ? [4, 12, 8, 16] : [4, 8, 12, 16];
      expect(numbers(answer[gradientName('z')])).toEqual(at);
      expect(numbers(answer[gradientName('x')])).toEqual([4, 8, 12, 16].map((slope) => 2 * (slope + 3)));
    },
  );

  it.each(['Sqrt', 'Pow'])('gives zeros at the origin of a norm that ends in %s', async (op) => {
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', ['N', 3]);
    const squares = g.reduce('ReduceSum', g.mul(x, x), [1]);
    const graph = g.build([g.named(g.op(op, op === 'Pow' ? [squares, g.scalar(0.5)] : [squares]), 'norm')]);
    const rows = float32([2, 3], [0, 0, 0, 0, 3, -4]);
    const answer = await gradientOf(graph, 'norm', ['x'], rows, float32([2, 1], [1, 1]));
    const [, , , , ...slopes] = numbers(answer[gradientName('x')]);
    expect(numbers(answer[gradientName('x')]).slice(0, 4)).toEqual([0, 0, 0, 0]);
    for (const [i, slope] of slopes.entries()) expect(slope).toBeCloseTo([0.6, -0.8][i] as number, 6);
  });

  it('gives zeros for an input that the scores do not depend on', async () => {
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', ['N', 2]);
    const u = g.input('u', 'float32', ['N', 3]);
    const y = g.named(g.mul(x, g.number(2, x)), 'y');
    const graph = g.build([y, g.named(g.neg(u), 'v')]);
    const run = await open(compile(graph, { scores: 'y', gradients: ['x', 'u'] }));
    const answer = await run({
      x: float32([2, 2], [1, 2, 3, 4]),
      u: float32([2, 3]),
      [COTANGENT]: float32([2, 2], [1, 1, 1, 1]),
    });
    expect(numbers(answer[gradientName('x')])).toEqual([2, 2, 2, 2]);
    expect(answer[gradientName('u')]?.dims).toEqual([2, 3]);
    expect(numbers(answer[gradientName('u')])).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('differentiates with respect to inner tensors, and returns their values', async () => {
    const graph = smallNet();
    const run = await open(compile(graph, { scores: 'logits', gradients: ['features'], activations: ['features'] }));
    const x = float32([2, 3, 8, 8], new Random(1).normal(384));
    const answer = await run({ x, [COTANGENT]: float32([2, 5], [0, 1, 0, 0, 0, 0, 1, 0, 0, 0]) });
    // Behind the features there is only the mean and the linear layer: every place gets weight / 16.
    const gradient = numbers(answer[gradientName('features')]);
    const logits = numbers(answer.logits);
    const features = numbers(answer.features);
    expect(answer[gradientName('features')]?.dims).toEqual([2, 4, 4, 4]);
    const product = gradient.slice(0, 64).reduce((sum, v, i) => sum + v * (features[i] as number), 0);
    const bias = new Random(3).at(5).normal(5)[1] as number;
    expect(product).toBeCloseTo((logits[1] as number) - bias, 4);
  });

  it('agrees with finite differences of the whole network in random directions at any batch size', async () => {
    const graph = smallNet();
    const forward = await open(compile(graph, { scores: 'logits' }));
    const backward = await open(compile(graph, { scores: 'logits', gradients: ['x'] }));
    for (const batch of [1, 3]) {
      const size = batch * 192;
      const x = float32([batch, 3, 8, 8], new Random(batch).normal(size));
      const cotangent = float32([batch, 5], new Random(9).normal(batch * 5));
      const gradient = numbers((await backward({ x, [COTANGENT]: cotangent }))[gradientName('x')]);
      const direction = new Random(11).normal(size);
      const at = async (step: number) => {
        const moved = float32(
          x.dims,
          x.data.map((v, i) => v + step * (direction[i] as number)),
        );
        return numbers((await forward({ x: moved })).logits).reduce(
          (sum, v, i) => sum + v * (cotangent.data[i] as number),
          0,
        );
      };
      const numeric = ((await at(1e-3)) - (await at(-1e-3))) / 2e-3;
      const analytic = gradient.reduce((sum, v, i) => sum + v * (direction[i] as number), 0);
      expect(Math.abs(numeric - analytic)).toBeLessThan(2e-2 * Math.max(1, Math.abs(analytic)));
    }
  });

  it('keeps the rows of a batch independent', async () => {
    const run = await open(compile(smallNet(), { scores: 'logits', gradients: ['x'] }));
    const x = new Random(5).normal(3 * 192);
    const cotangent = new Random(6).normal(15);
    const together = numbers(
      (await run({ x: float32([3, 3, 8, 8], x), [COTANGENT]: float32([3, 5], cotangent) }))[gradientName('x')],
    );
    for (let row = 0; row < 3; row++) {
      const one = await run({
        x: float32([1, 3, 8, 8], x.slice(row * 192, (row + 1) * 192)),
        [COTANGENT]: float32([1, 5], cotangent.slice(row * 5, (row + 1) * 5)),
      });
      for (const [i, v] of numbers(one[gradientName('x')]).entries())
        expect(v).toBeCloseTo(together[row * 192 + i] as number, 5);
    }
  });

  it('explains the top class when a row of the cotangent is zero', async () => {
    const run = await open(compile(smallNet(), { scores: 'logits', gradients: ['x'] }));
    const x = float32([1, 3, 8, 8], new Random(8).normal(192));
    const first = await run({ x, [COTANGENT]: float32([1, 5]) });
    const logits = numbers(first.logits);
    const oneHot = logits.map((v) => (v === Math.max(...logits) ? 1 : 0));
    const second = await run({ x, [COTANGENT]: float32([1, 5], oneHot) });
    expect(numbers(first[gradientName('x')])).toEqual(numbers(second[gradientName('x')]));
  });

  it('continues from a fed inner tensor', async () => {
    const graph = smallNet();
    const whole = await open(compile(graph, { scores: 'logits', activations: ['features'] }));
    const rest = await open(compile(graph, { scores: 'logits', feeds: ['features'], gradients: ['features'] }));
    const x = float32([1, 3, 8, 8], new Random(2).normal(192));
    const { features, logits } = await whole({ x });
    const answer = await rest({ features: features as Tensor, [COTANGENT]: float32([1, 5], [1, 0, 0, 0, 0]) });
    for (const [i, v] of numbers(answer.logits).entries()) expect(v).toBeCloseTo(numbers(logits)[i] as number, 5);
  });

  it('lists every operator without a rule at once, with node and reason', () => {
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', ['N', 4]);
    const odd = g.op('Bernoulli', [x]);
    const odder = g.op('Sin', [g.ops('Strange', [x], {}, 1, 'my.domain')[0] as typeof x]);
    const graph = g.build([g.named(g.add(odd, odder), 'y')]);
    expect(() => compile(graph, { scores: 'y', gradients: ['x'] })).toThrow(
      expect.objectContaining({
        code: 'not_differentiable',
        details: {
          ruleset: 'gradient',
          unsupported: expect.arrayContaining([
            expect.objectContaining({ op: 'Bernoulli', domain: 'ai.onnx', opset: 21 }),
            expect.objectContaining({ op: 'Strange', domain: 'my.domain' }),
          ]),
        },
      }),
    );
  });

  it('lists unsupported forms of operators with their nodes', () => {
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', ['N', 2, 'H', 'W']);
    const regions = [g.constant('float32', [1, 4], [0, 0, 2, 2]), g.constant('int64', [1], [0])];
    const pooled = (x: Value) => g.op('RoiAlign', [x, ...regions]);
    const noisy = g.op('RandomNormalLike', [g.add(x, pooled(x))]);
    const graph = g.build([g.named(pooled(noisy), 'y')]);
    expect(() => compile(graph, { scores: 'y', gradients: ['x'] })).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/RandomNormalLike "RandomNormalLike" of ai.onnx 21 - it is random; it carries/),
        details: {
          ruleset: 'gradient',
          unsupported: ['RoiAlign', 'RandomNormalLike', 'RoiAlign'].map((op) => expect.objectContaining({ op })),
        },
      }),
    );
  });

  it('refuses derivatives with respect to integers and unknown tensors', () => {
    const g = GraphBuilder.empty();
    const x = g.input('x', 'int64', ['N', 4]);
    const graph = g.build([g.named(g.op('Cast', [x], { to: 1 }), 'y')]);
    expect(() => compile(graph, { scores: 'y', gradients: ['x'] })).toThrow(/int64.*embedding/);
    expect(() => compile(graph, { scores: 'y', gradients: ['z'] })).toThrow(
      expect.objectContaining({ code: 'layer_not_found' }),
    );
  });

  it('writes the same bytes for the same request', () => {
    const bytes = () =>
      write(compile(smallNet(), { scores: 'logits', gradients: ['x'], activations: ['features'] })).graph;
    expect(bytes()).toEqual(bytes());
  });

  it.each([
    ['numeric', ['N', 5, 16]],
    ['symbolic', ['N', 'T', 16]],
    ['two', ['N', 16]],
  ] as const)('stores the weights of matrix products once: %s dims', (_, dims) => {
    const g = GraphBuilder.empty();
    const weights = g.constant('float32', [16, 32], new Random(9).normal(512));
    const graph = g.build([g.named(g.op('Relu', [g.op('MatMul', [g.input('x', 'float32', dims), weights])]), 'y')]);
    const compiled = compile(graph, { scores: 'y', gradients: ['x'] });
    const large = [...compiled.constants.values()].filter(({ bytes }) => bytes.length > 1024);
    expect(large.map(({ dims }) => dims)).toEqual([[16, 32]]);
  });

  it('emits standard operators only', () => {
    const graph = compile(smallNet(), { scores: 'logits', gradients: ['x'], optimize: 'speed' });
    expect([...new Set(graph.nodes.map((node) => node.domain))]).toEqual(['']);
  });
});
