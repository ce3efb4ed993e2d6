import { describe, expect, it } from 'vitest';
import { GraphBuilder, type Value } from '../../../../src/core/onnx/builder.ts';
import type { Graph } from '../../../../src/core/onnx/graph.ts';
import { splitConvolutions } from '../../../../src/core/onnx/simplify/split-convolutions.ts';
import { Random } from '../../../../src/core/tensor/random.ts';
import { sizeOf, tensor } from '../../../../src/core/tensor/tensor.ts';
import { open } from '../../../../src/testing/open.ts';

const random = (seed: number, dims: readonly number[]) => new Random(seed, 0).normal(sizeOf(dims));

interface Options {
  readonly axis?: number;
  readonly group?: number;
  /** Reads the whole result as well. */
  readonly alsoWhole?: boolean;
}

/** A convolution whose result is split in two. */
function split({ axis = 1, group = 1, alsoWhole = false }: Options = {}): Graph {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 4, 6, 6]);
  const weights = g.constant('float32', [6, 4 / group, 3, 3], random(1, [6, 4 / group, 3, 3]));
  const whole = g.op('Conv', [x, weights, g.constant('float32', [6], random(2, [6]))], { pads: [1, 1, 1, 1], group });
  const parts = g.ops('Split', [whole, g.ints([2, 4])], { axis }, 2) as [Value, Value];
  const outputs = [g.named(g.op('Relu', [parts[0]]), 'a'), g.named(g.op('Tanh', [parts[1]]), 'b')];
  return g.build(alsoWhole ? [...outputs, g.named(g.op('Abs', [whole]), 'c')] : outputs);
}

const count = ({ nodes }: Graph, wanted: string) => nodes.filter(({ op }) => op === wanted).length;

describe('splitConvolutions', () => {
  it('gives what the Split of one convolution gives, from views on the same weights', async () => {
    const before = split();
    const after = splitConvolutions(before);
    expect([count(after, 'Conv'), count(after, 'Split')]).toEqual([2, 0]);
    const buffers = (graph: Graph) => new Set([...graph.constants.values()].map(({ bytes }) => bytes.buffer));
    for (const buffer of buffers(after)) expect(buffers(before)).toContain(buffer);
    const feeds = { x: tensor('float32', [2, 4, 6, 6], random(3, [2, 4, 6, 6])) };
    const [one, two] = [await open(before), await open(after)];
    const [expected, given] = [await one(feeds), await two(feeds)];
    for (const name of ['a', 'b']) {
      expect(given[name]?.dims).toEqual(expected[name]?.dims);
      for (const [i, value] of Array.from(expected[name]?.data as Float32Array).entries())
        expect(Number(given[name]?.data[i])).toBeCloseTo(value, 5);
    }
    await Promise.all([one.release(), two.release()]);
  });

  it.each([
    ['is split along another axis', { axis: 2 }],
    ['has groups', { group: 2 }],
    ['is read whole as well', { alsoWhole: true }],
  ])('keeps a convolution whose result %s', (_, options) => {
    const graph = split(options);
    expect(splitConvolutions(graph)).toBe(graph);
  });
});
