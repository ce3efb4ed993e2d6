/** Derivatives as a user of `whylight/compiler` gets them. */
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../src/core/onnx/builder.ts';
import { write } from '../../src/core/onnx/write.ts';
import { Random } from '../../src/core/tensor/random.ts';
import { float32, sizeOf, type Tensor } from '../../src/core/tensor/tensor.ts';
import {
  compile,
  defineRuleset,
  differentiate,
  gradient,
  hessianVector,
  jacobian,
  Model,
} from '../../src/package/compiler.ts';
import { open } from '../support/engine.ts';

const random = new Random(11);
const normal = (at: number, ...dims: number[]): Tensor<'float32'> =>
  float32(dims, random.at(at).normal(sizeOf(dims)).map(Number) as unknown as number[]);
const numbers = (t: Tensor | undefined): number[] => Array.from(t?.data as Float32Array);
const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, i) => sum + value * (b[i] as number), 0);

/** Scores of a perceptron with a smooth activation: x [N, 4] to 3 scores. */
function perceptron(): Uint8Array {
  const g = GraphBuilder.empty('perceptron');
  const weights = (at: number, ...dims: number[]) => g.constant('float32', dims, normal(at, ...dims).data);
  const x = g.input('x', 'float32', ['N', 4]);
  const hidden = g.op('Tanh', [g.op('MatMul', [x, weights(1, 4, 6)])]);
  return write(g.build([g.named(g.op('Gemm', [hidden, g.named(weights(2, 6, 3), 'w'), weights(3, 3)]), 'scores')]))
    .graph;
}

/** x^3 for each element, with scores [N, 2]. */
function cube(): Uint8Array {
  const g = GraphBuilder.empty('cube');
  const x = g.input('x', 'float32', ['N', 2]);
  return write(g.build([g.named(g.mul(g.mul(x, x), x), 'y')])).graph;
}

describe('differentiate', () => {
  it('takes the bytes of a file', async () => {
    const { cotangent, gradients, compiled } = await differentiate(cube());
    expect(cotangent).toBe('cotangent');
    expect(gradients).toEqual({ x: 'gradient/x' });
    expect(compiled.inputs.map(({ name }) => name)).toEqual(['x', 'cotangent']);
  });

  it('differentiates its own result once more, under fresh names', async () => {
    const first = await differentiate(cube());
    const second = await differentiate(first);
    const third = await differentiate(second);
    expect(second.gradients).toEqual({ x: 'gradient2/x' });
    expect(third.cotangent).toBe('cotangent3');
    const run = await open(third.compiled);
    const ones = float32([1, 2], [1, 1]);
    const answer = await run({ x: float32([1, 2], [2, -3]), cotangent: ones, cotangent2: ones, cotangent3: ones });
    await run.release();
    expect(numbers(answer['gradient3/x'])).toEqual([6, 6]);
  });

  it('reads zeros in the cotangent of a second derivative as zero', async () => {
    const run = await open((await differentiate(await differentiate(cube()))).compiled);
    const answer = await run({
      x: float32([1, 2], [2, -3]),
      cotangent: float32([1, 2], [1, 1]),
      cotangent2: float32([1, 2], [0, 0]),
    });
    await run.release();
    expect(numbers(answer['gradient2/x']).map(Math.abs)).toEqual([0, 0]);
  });

  it('asks which gradient to differentiate where there are several', async () => {
    const g = GraphBuilder.empty('product');
    const [a, b] = ['a', 'b'].map((name) => g.input(name, 'float32', ['N', 2])) as [never, never];
    const first = await differentiate(write(g.build([g.named(g.mul(a, b), 'y')])).graph);
    await expect(differentiate(first)).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('gradient/a, gradient/b'),
    });
  });

  it('refuses names that the graph has already', async () => {
    const names = { cotangent: 'x', gradients: { x: 'gradient/x' } };
    await expect(differentiate(cube(), { names })).rejects.toMatchObject({ code: 'invalid_request' });
  });
});

describe('hessianVector', () => {
  it('agrees with central differences of the gradient', async () => {
    const { compiled, cotangent, direction, gradient: gradientOf, product } = await hessianVector(perceptron());
    const run = await open(compiled);
    const x = normal(20, 2, 4);
    const v = normal(21, 2, 4);
    const weights = normal(22, 2, 3);
    const at = async (step: number) => {
      const moved = float32(
        x.dims,
        x.data.map((value, i) => value + step * (v.data[i] as number)),
      );
      return run({ x: moved, [cotangent]: weights, [direction]: v });
    };
    const [low, middle, high] = [await at(-5e-3), await at(0), await at(5e-3)];
    await run.release();
    const exact = numbers(middle[product]);
    const differences = numbers(high[gradientOf]).map(
      (value, i) => (value - (numbers(low[gradientOf])[i] as number)) / 1e-2,
    );
    const largest = Math.max(...exact.map(Math.abs));
    expect(largest).toBeGreaterThan(0.01);
    for (const [i, value] of exact.entries())
      expect(Math.abs(value - (differences[i] as number))).toBeLessThan(2e-3 * largest);
  });

  it('gives zeros for a piecewise linear network', async () => {
    const g = GraphBuilder.empty('relu');
    const x = g.input('x', 'float32', ['N', 3]);
    const w = g.constant('float32', [3, 2], [1, -2, 3, 1, 0.5, -1]);
    const bytes = write(g.build([g.named(g.op('Relu', [g.op('MatMul', [x, w])]), 'y')])).graph;
    const { compiled, product } = await hessianVector(bytes);
    const run = await open(compiled);
    const answer = await run({ x: normal(30, 1, 3), cotangent: normal(31, 1, 2), direction: normal(32, 1, 3) });
    await run.release();
    expect(numbers(answer[product]).map(Math.abs)).toEqual([0, 0, 0]);
  });
});

describe('jacobian', () => {
  it('holds the gradient of every score for every row', async () => {
    const bytes = perceptron();
    const { compiled, jacobian: name } = await jacobian(bytes);
    const [all, one] = [await open(compiled), await open((await differentiate(bytes)).compiled)];
    const x = normal(40, 2, 4);
    const matrix = await all({ x });
    expect(matrix[name]?.dims).toEqual([2, 3, 4]);
    expect(matrix.scores?.dims).toEqual([2, 3]);
    for (const score of [0, 1, 2]) {
      const unit = [0, 1, 2].map((k) => (k === score ? 1 : 0));
      const { 'gradient/x': expected, scores } = await one({ x, cotangent: float32([2, 3], [...unit, ...unit]) });
      expect(numbers(matrix.scores)).toEqual(numbers(scores));
      for (const row of [0, 1]) {
        const got = numbers(matrix[name]).slice(12 * row + 4 * score, 12 * row + 4 * score + 4);
        for (const [k, value] of got.entries()) expect(value).toBeCloseTo(numbers(expected)[4 * row + k] as number, 5);
      }
    }
    await Promise.all([all.release(), one.release()]);
  });
});

describe('feeds', () => {
  it('replace a weight by what is fed, for all rows', async () => {
    const { graph } = await Model.read({ bytes: perceptron() });
    const weight = graph.nodes.find(({ op }) => op === 'Gemm')?.inputs[1] as string;
    const name = graph.constants.has(weight)
      ? weight
      : ([...graph.constants.keys()].find((key) => key === 'w') ?? weight);
    const run = await open(compile(graph, { scores: 'scores', feeds: [name] }));
    const answer = await run({ x: normal(50, 2, 4), [name]: float32([6, 3], new Array(18).fill(0)) });
    await run.release();
    const [first, second] = [numbers(answer.scores).slice(0, 3), numbers(answer.scores).slice(3)];
    expect(first).toEqual(second);
    expect(dot(first, first)).toBeCloseTo(dot(normal(3, 3).data, normal(3, 3).data), 5);
  });
});

describe('defineRuleset', () => {
  it('refuses a rule for an operator that does not exist', () => {
    const rule = { op: 'SoftMax', since: [13], cases: [], vjp: () => [null] };
    expect(() => defineRuleset({ id: 'detached', title: 'Detached', base: gradient, rules: [rule] })).toThrow(
      /no operator "SoftMax".*Did you mean "Softmax"/,
    );
  });

  it('takes a rule for an operator of a domain of its own', () => {
    const rule = { op: 'SoftMax', domain: 'org.example', since: [1], cases: [], vjp: () => [null] };
    expect(defineRuleset({ id: 'own', title: 'Own', base: gradient, rules: [rule] }).id).toBe('own');
  });
});
