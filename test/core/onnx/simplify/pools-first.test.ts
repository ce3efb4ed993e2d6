import { describe, expect, it } from 'vitest';
import { COTANGENT, compile, gradientName } from '../../../../src/core/autodiff/compile.ts';
import { guided } from '../../../../src/core/autodiff/rulesets/guided.ts';
import { GraphBuilder } from '../../../../src/core/onnx/builder.ts';
import type { Graph } from '../../../../src/core/onnx/graph.ts';
import { poolsFirst } from '../../../../src/core/onnx/simplify/pools-first.ts';
import { Random } from '../../../../src/core/tensor/random.ts';
import { sizeOf, tensor } from '../../../../src/core/tensor/tensor.ts';
import { open } from '../../../../src/testing/open.ts';

const SHAPE = [2, 3, 7, 7];
const random = (seed: number, dims: readonly number[]) => new Random(seed, 0).normal(sizeOf(dims));

interface Options {
  readonly strides?: readonly number[];
  readonly dilations?: readonly number[];
  /** Gives the result of the first activation as well. */
  readonly alsoActivation?: boolean;
}

/** A pooling over two activations side by side, and one over the result of the first. */
function pooled({ strides = [2, 2], dilations = [1, 1], alsoActivation = false }: Options = {}): Graph {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', ...SHAPE.slice(1)]);
  const convolution = (seed: number) => g.op('Conv', [x, g.constant('float32', [4, 3, 1, 1], random(seed, [4, 3]))]);
  const relu = g.op('Relu', [convolution(1)]);
  const clip = g.op('Clip', [convolution(2), g.number(0, x), g.number(0.5, x)]);
  const both = g.op('Concat', [relu, clip, convolution(3)], { axis: 1 });
  const attributes = { kernel_shape: [3, 3], strides, dilations, pads: [1, 1, 1, 1] };
  const scores = g.op('ReduceSum', [g.op('MaxPool', [both], attributes), g.ints([2, 3])], { keepdims: 0 });
  return g.build([g.named(scores, 'scores'), ...(alsoActivation ? [g.named(relu, 'relu')] : [])]);
}

/** Operators in order from the input on. */
const operators = ({ nodes }: Graph) => nodes.map(({ op }) => op);

async function run(graph: Graph, extra = {}) {
  const evaluate = await open(graph);
  const results = await evaluate({ x: tensor('float32', SHAPE, random(4, SHAPE)), ...extra });
  await evaluate.release();
  return results;
}

describe('poolsFirst', () => {
  it('moves a pooling in front of each activation that it reads through a Concat, and gives the same values', async () => {
    const [before, after] = [pooled(), poolsFirst(pooled())];
    expect(operators(before).filter((op) => op === 'MaxPool')).toHaveLength(1);
    const order = operators(after);
    expect(order.filter((op) => op === 'MaxPool')).toHaveLength(3);
    expect(order.indexOf('MaxPool')).toBeLessThan(order.indexOf('Relu'));
    expect(order.indexOf('Concat')).toBeGreaterThan(order.lastIndexOf('MaxPool'));
    expect((await run(after)).scores?.data).toEqual((await run(before)).scores?.data);
  });

  it.each([
    ['has as many windows as elements', { strides: [1, 1] }],
    ['may have a window over padding alone', { dilations: [2, 2] }],
  ])('keeps the place of a pooling that %s', (_, options) => {
    expect(operators(poolsFirst(pooled(options)))).toEqual(operators(pooled(options)));
  });

  it('keeps an activation that is read elsewhere or given out in front of the pooling', () => {
    const g = new GraphBuilder(poolsFirst(pooled({ alsoActivation: true })));
    expect(g.maker(g.value('relu'))?.op).toBe('Identity');
    const relu = g.build([g.value('relu')]);
    expect(operators(relu)).not.toContain('MaxPool');
  });

  it('leaves the gradient as it is', async () => {
    const request = { scores: 'scores', gradients: ['x'] } as const;
    const cotangent = { [COTANGENT]: tensor('float32', [2, 12], random(5, [2, 12])) };
    const [memory, speed] = (['memory', 'speed'] as const).map((optimize) =>
      compile(pooled(), { ...request, optimize }),
    ) as [Graph, Graph];
    expect(operators(speed).indexOf('MaxPool')).toBeLessThan(operators(speed).indexOf('Relu'));
    const [expected, given] = [await run(memory, cotangent), await run(speed, cotangent)];
    const values = Array.from(expected[gradientName('x')]?.data as Float32Array);
    for (const [i, value] of values.entries()) expect(Number(given[gradientName('x')]?.data[i])).toBeCloseTo(value, 5);
  });

  it('does not change graphs of rulesets that treat activations by their cotangents', () => {
    const compiled = compile(pooled(), { scores: 'scores', gradients: ['x'], optimize: 'speed', ruleset: guided });
    expect(operators(compiled).indexOf('Relu')).toBeLessThan(operators(compiled).indexOf('MaxPool'));
  });
});
