/** Lists of tensors that are known before the run leave the graph; what they gave comes out the same, and has a gradient. */
import { describe, expect, it } from 'vitest';
import { COTANGENT, compile, gradientName } from '../../../../src/core/autodiff/compile.ts';
import { makeConstant } from '../../../../src/core/onnx/constant.ts';
import type { Graph, Node } from '../../../../src/core/onnx/graph.ts';
import { read } from '../../../../src/core/onnx/read.ts';
import { simplify } from '../../../../src/core/onnx/simplify.ts';
import { float32 } from '../../../../src/core/tensor/tensor.ts';
import { open } from '../../../support/engine.ts';
import { node, onnxFile } from '../../../support/onnx-file.ts';

const int = (value: number) => ({ type: 'int', value }) as const;

/** y of x [N, 6], by these nodes. */
const model = (nodes: readonly Node[]): Graph =>
  read(
    onnxFile({
      inputs: [{ name: 'x', dtype: 'float32', dims: ['N', 6] }],
      outputs: [{ name: 'y', dtype: 'float32' }],
      constants: new Map([
        ['zero', makeConstant('int64', [], [0])],
        ['one', makeConstant('int64', [], [1])],
        ['last', makeConstant('int64', [], [-1])],
        ['four', makeConstant('int64', [], [4])],
        ['sizes', makeConstant('int64', [3], [1, 2, 3])],
      ]),
      nodes,
    }),
  );

const cases: Record<string, readonly Node[]> = {
  'a split into given sizes': [
    node('SplitToSequence', ['x', 'sizes'], ['s'], { axis: int(1) }),
    node('SequenceAt', ['s', 'last'], ['c']),
    node('Mul', ['c', 'c'], ['y']),
  ],
  'a split into equal sizes, joined again': [
    node('SplitToSequence', ['x', 'four'], ['s'], { axis: int(-1) }),
    node('SequenceAt', ['s', 'zero'], ['a']),
    node('Exp', ['a'], ['e']),
    node('SequenceInsert', ['s', 'e', 'one'], ['longer']),
    node('SequenceErase', ['longer', 'zero'], ['shorter']),
    node('ConcatFromSequence', ['shorter'], ['y'], { axis: int(1) }),
  ],
  'a split into single columns, stacked': [
    node('SplitToSequence', ['x'], ['s'], { axis: int(1), keepdims: int(0) }),
    node('SequenceLength', ['s'], ['n']),
    node('Cast', ['n'], ['f'], { to: int(1) }),
    node('ConcatFromSequence', ['s'], ['stack'], { axis: int(1), new_axis: int(1) }),
    node('Mul', ['stack', 'f'], ['y']),
  ],
  'a constructed sequence': [
    node('Exp', ['x'], ['e']),
    node('SequenceConstruct', ['x', 'e'], ['s']),
    node('SequenceInsert', ['s', 'x'], ['t']),
    node('ConcatFromSequence', ['t'], ['y'], { axis: int(1) }),
  ],
};

describe('resolution of sequences', () => {
  it.each(Object.entries(cases))('removes %s', async (_, nodes) => {
    const graph = model(nodes);
    expect(simplify(graph).nodes.filter(({ op }) => /Sequence/.test(op))).toEqual([]);
    const x = float32([2, 6], [0.5, -1, 0.25, 1.5, -0.75, 1, -0.5, 0.125, 2, -0.25, 0.75, -1.5]);
    const [own, compiled] = [await open(graph), await open(compile(graph, { scores: 'y', gradients: ['x'] }))];
    const expected = (await own({ x })).y;
    const weights = Float32Array.from(expected?.data as Float32Array, (_, i) => 1 + (i % 5) / 3);
    const results = await compiled({ x, [COTANGENT]: float32(expected?.dims ?? [], weights) });
    expect(results.y).toEqual(expected);
    const at = async (i: number, offset: number): Promise<number> => {
      const moved = float32(x.dims, x.data.with(i, (x.data[i] as number) + offset));
      const y = (await own({ x: moved })).y?.data as Float32Array;
      return y.reduce((sum, v, k) => sum + v * (weights[k] as number), 0);
    };
    const gradient = results[gradientName('x')]?.data as Float32Array;
    for (const [i, slope] of gradient.entries()) {
      expect(slope).toBeCloseTo(((await at(i, 0.01)) - (await at(i, -0.01))) / 0.02, 2);
    }
    await Promise.all([own.release(), compiled.release()]);
  });

  it('keeps sequences whose length is known at run time only', () => {
    const graph = model([
      node('SplitToSequence', ['x', 'one'], ['s'], { axis: int(0) }),
      node('SequenceAt', ['s', 'zero'], ['y']),
    ]);
    expect(simplify(graph).nodes.map(({ op }) => op)).toEqual(['SplitToSequence', 'SequenceAt']);
  });
});
