import { describe, expect, it } from 'vitest';
import { float, floats, graphAttr, int, ints, string, tensorAttr } from '../../../src/core/onnx/attributes.ts';
import { makeConstant } from '../../../src/core/onnx/constant.ts';
import type { Constant, Graph } from '../../../src/core/onnx/graph.ts';
import { read } from '../../../src/core/onnx/read.ts';
import { write } from '../../../src/core/onnx/write.ts';
import { Random } from '../../../src/core/tensor/random.ts';
import { type Tensor, tensor } from '../../../src/core/tensor/tensor.ts';
import { onnxruntimeNode } from '../../../src/node/onnxruntime-node.ts';
import { node } from '../../support/onnx-file.ts';

const weights = (rows: number, columns: number, seed: number): Constant =>
  makeConstant('float32', [rows, columns], new Random(seed).normal(rows * columns));

/** Two layers with large weights, one small constant, and a tensor used under two names. */
function layers(): Graph {
  const shared = weights(32, 32, 1);
  return {
    name: 'layers',
    opsets: { '': 21 },
    inputs: [{ name: 'x', dtype: 'float32', dims: ['N', 32] }],
    outputs: [{ name: 'y', dtype: 'float32', dims: ['N', 8] }],
    constants: new Map([
      ['w1', shared],
      ['w2', { ...shared }],
      ['w3', weights(32, 8, 2)],
      ['b', makeConstant('float32', [8], [1, 2, 3, 4, 5, 6, 7, 8])],
    ]),
    nodes: [
      node('MatMul', ['x', 'w1'], ['a']),
      node('MatMul', ['a', 'w2'], ['c']),
      node('MatMul', ['c', 'w3'], ['d']),
      node('Add', ['d', 'b'], ['y']),
    ].map((n, i) => ({ ...n, name: `n${i}` })),
  };
}

async function result(graph: Graph, options?: Parameters<typeof write>[1]): Promise<Tensor | undefined> {
  const session = await onnxruntimeNode({ threads: 1 }).load(write(graph, options));
  const { y } = await session.run({ x: tensor('float32', [2, 32], new Random(5).normal(64)) });
  await session.release();
  return y;
}

describe('write', () => {
  it('writes everything that a graph holds', () => {
    const branch: Graph = {
      name: 'branch',
      opsets: { '': 21 },
      inputs: [],
      outputs: [{ name: 'r', dtype: 'float32', dims: [2] }],
      constants: new Map([['inner', makeConstant('float32', [2], [1, 2])]]),
      nodes: [{ ...node('Add', ['x', 'inner'], ['r']), name: 'add' }],
    };
    const attributes = {
      a: int(-(2 ** 63)),
      b: ints([0, 1 - 2 ** 53]),
      c: float(0.25),
      d: floats([-1]),
      e: string('ü'),
      f: { type: 'strings', value: ['', 'x'] } as const,
      g: tensorAttr(makeConstant('float16', [1], [2])),
      h: graphAttr(branch),
    };
    const graph: Graph = {
      name: 'everything',
      opsets: { '': 21, 'com.example': 2 },
      inputs: [
        { name: 'x', dtype: 'float32', dims: ['N', 2, '2*N'] },
        { name: 'z', dtype: 'bool', dims: [] },
      ],
      outputs: [
        { name: 'y', dtype: 'int64' },
        { name: 'k', dtype: 'uint8', dims: [1] },
      ],
      constants: new Map([['k', makeConstant('uint8', [1], [7])]]),
      nodes: [{ ...node('Custom', ['x', '', 'z'], ['', 'y'], attributes, 'com.example'), name: 'custom' }],
    };
    // Types of outputs are kept too, as the graph has an operator that inference does not know.
    expect(read(write(graph).graph)).toMatchObject(graph);
  });

  it('writes the same bytes for the same graph in any order of attributes', () => {
    const ordered = (keys: readonly string[]): Graph => ({
      ...layers(),
      nodes: [node('Conv', ['x', 'w1'], ['y'], Object.fromEntries(keys.map((key) => [key, int(1)])))],
    });
    expect(write(ordered(['group', 'axis']))).toEqual(write(ordered(['axis', 'group'])));
    expect(write(read(write(layers()).graph))).toEqual(write(layers()));
  });

  it('writes dims as unknown that only inference has named', () => {
    const graph = { ...layers(), outputs: [{ name: 'y', dtype: 'float32' as const, dims: ['N', '?Unsqueeze_0'] }] };
    expect(new TextDecoder('latin1').decode(write(graph).graph)).not.toContain('Unsqueeze');
  });
});

describe('write with external data', () => {
  it('stores each constant once, aligned, and computes the same', async () => {
    const { graph, external = [] } = write(layers(), { externalData: { path: 'weights.bin' } });
    expect(external.map((file) => [file.path, file.data.byteLength])).toEqual([
      ['weights.bin', 32 * 32 * 4 + 32 * 8 * 4],
    ]);
    expect(graph.byteLength).toBeLessThan(1024);
    expect(await result(layers(), { externalData: { path: 'weights.bin' } })).toEqual(await result(layers()));
    const back = read(graph, { external: () => external[0]?.data });
    expect(back).toEqual(layers());
    for (const { bytes } of back.constants.values())
      if (bytes.byteLength >= 1024) expect(bytes.byteOffset % 64).toBe(0);
  });

  it('keeps constants below the threshold in the model file', () => {
    const all = write(layers(), { externalData: { path: 'w', threshold: 0 } });
    // 32 bytes of bias start on the next multiple of 64.
    expect(all.external?.[0]?.data.byteLength).toBe(32 * 32 * 4 + 32 * 8 * 4 + 32);
    expect(write(layers(), { externalData: { path: 'w', threshold: 1e6 } })).toEqual(write(layers()));
  });
});
