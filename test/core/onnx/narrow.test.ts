/** Tensors of less than a byte an element: what is read of them gives what the engine makes of the file itself. */
import { TensorProto_DataType as Type } from 'onnx-buf';
import { describe, expect, it } from 'vitest';
import { int } from '../../../src/core/onnx/attributes.ts';
import { constantValues, makeConstant } from '../../../src/core/onnx/constant.ts';
import type { ValueInfo } from '../../../src/core/onnx/graph.ts';
import { read } from '../../../src/core/onnx/read.ts';
import { write } from '../../../src/core/onnx/write.ts';
import { type Tensor, tensor } from '../../../src/core/tensor/tensor.ts';
import { onnxruntimeNode } from '../../../src/node/onnxruntime-node.ts';
import { node, onnxFile } from '../../support/onnx-file.ts';

/** 0x2f 0x81 holds the int4 numbers -1, 2, 1, -8 and the uint4 numbers 15, 2, 1, 8. */
const PACKED = new Uint8Array([0x2f, 0x81]);
const packed = (name: string, dataType: Type, dims: bigint[], rawData = PACKED) => ({ name, dataType, dims, rawData });

const y: ValueInfo = { name: 'y', dtype: 'float32' };
const numbers = (...values: number[]) => makeConstant('float32', [values.length], values);

/** Outputs of the file as it is, and after reading and writing. */
async function both(file: Uint8Array, x: Tensor): Promise<[Tensor, Tensor]> {
  const runs = [{ graph: file }, write(read(file))].map(async (model) => {
    const session = await onnxruntimeNode({ threads: 1 }).load(model);
    const { y: result } = await session.run({ x });
    await session.release();
    return result as Tensor;
  });
  return (await Promise.all(runs)) as [Tensor, Tensor];
}

/** Numbers of the only constant of a file. */
const contentOf = (file: Uint8Array): number[] =>
  [...read(file).constants.values()].flatMap((constant) => [...constantValues(constant)]);

describe('tensors of int4 and uint4', () => {
  it.each([
    ['int4', Type.INT4, [-1, 2, 1, -8]],
    ['uint4', Type.UINT4, [15, 2, 1, 8]],
  ] as const)('are read as bytes with the numbers of %s', (_, type, expected) => {
    const file = onnxFile(
      { inputs: [], outputs: [y], constants: new Map(), nodes: [node('Cast', ['w'], ['y'], { to: int(Type.FLOAT) })] },
      { graph: { initializer: [packed('w', type, [4n])] } },
    );
    expect(contentOf(file)).toEqual(expected);
  });

  it('are read from the field for whole numbers too, two to an element', () => {
    const initializer = [{ name: 'w', dataType: Type.UINT4, dims: [3n], int32Data: [0x2f, 0x01] }];
    const file = onnxFile(
      { outputs: [y], nodes: [node('Cast', ['w'], ['y'], { to: int(1) })] },
      { graph: { initializer } },
    );
    expect(contentOf(file)).toEqual([15, 2, 1]);
  });

  it('are refused with their type and size where bytes are missing', () => {
    const initializer = [packed('w', Type.INT4, [5n])];
    const file = onnxFile(
      { outputs: [y], nodes: [node('Cast', ['w'], ['y'], { to: int(1) })] },
      { graph: { initializer } },
    );
    expect(() => read(file)).toThrow('Tensor "w" is int4 [5], which takes 3 bytes, but has 2.');
  });
});

describe('QuantizeLinear to less than a byte', () => {
  const x = tensor('float32', [2, 4], [-9, -0.26, 0.24, 0.25, 3.6, 3.9, 0.74, -3.9]);
  const inputs: ValueInfo[] = [{ name: 'x', dtype: 'float32', dims: [2, 4] }];
  const there = { axis: int(1) };

  it.each([
    [
      'of one int4 zero point',
      [packed('z', Type.INT4, [], new Uint8Array([0x01]))],
      makeConstant('float32', [], [0.5]),
      {},
    ],
    ['of uint4 zero points along an axis', [packed('z', Type.UINT4, [4n])], numbers(0.5, 0.25, 0.1, 1), there],
  ])('rounds and saturates as the engine does, %s', async (_, initializer, scale, attributes) => {
    const nodes = [
      node('QuantizeLinear', ['x', 's', 'z'], ['q'], attributes),
      node('DequantizeLinear', ['q', 's', 'z'], ['y'], attributes),
    ];
    const [before, after] = await both(
      onnxFile({ inputs, outputs: [y], constants: new Map([['s', scale]]), nodes }, { graph: { initializer } }),
      x,
    );
    expect(after).toEqual(before);
  });

  it('takes the type from its attribute where it has no zero point', async () => {
    const nodes = [
      node('QuantizeLinear', ['x', 's'], ['q'], { output_dtype: int(Type.INT4) }),
      node('DequantizeLinear', ['q', 's'], ['y']),
    ];
    const constants = new Map([['s', makeConstant('float32', [], [0.5])]]);
    const [before, after] = await both(onnxFile({ inputs, outputs: [y], constants, nodes }), x);
    expect(after).toEqual(before);
  });

  it('is refused in blocks, with the way out', () => {
    const nodes = [node('QuantizeLinear', ['x', 's', 'z'], ['y'], { block_size: int(2), axis: int(1) })];
    const constants = new Map([['s', makeConstant('float32', [2, 2], [1, 1, 1, 1])]]);
    const graph = { initializer: [packed('z', Type.INT4, [2n, 2n])] };
    expect(() => read(onnxFile({ inputs, outputs: [y], constants, nodes }, { graph }))).toThrow(
      'quantise the weights alone',
    );
  });
});

describe('GatherBlockQuantized of int4 and uint4', () => {
  const bytes = Uint8Array.from({ length: 64 }, (_, i) => (i * 37) & 255);
  const scales = makeConstant(
    'float32',
    [4, 2],
    Array.from({ length: 8 }, (_, i) => 0.25 + i / 8),
  );
  const zeros = packed('z', Type.UINT4, [4n, 2n], new Uint8Array([0x21, 0x43, 0x65, 0x07]));
  const lookup = (type: Type, dims: readonly (number | string)[], withZeros: boolean): Uint8Array => {
    const made = node('GatherBlockQuantized', ['t', 'x', 's', ...(withZeros ? ['z'] : [])], ['y'], {
      block_size: int(16),
      gather_axis: int(0),
      quantize_axis: int(1),
    });
    return onnxFile(
      {
        inputs: [{ name: 'x', dtype: 'int64', dims }],
        outputs: [y],
        constants: new Map([['s', scales]]),
        nodes: [{ ...made, domain: 'com.microsoft' }],
      },
      { graph: { initializer: [packed('t', type, [4n, 32n], bytes), ...(withZeros ? [zeros] : [])] } },
    );
  };

  it.each([
    ['int4 of open dims', Type.INT4, ['N', 'T'], false],
    ['uint4 of open dims, with zero points', Type.UINT4, ['N', 'T'], true],
    ['uint4 of fixed dims', Type.UINT4, [1, 3], false],
  ] as const)('gives the entries that the engine gives: %s', async (_, type, dims, withZeros) => {
    const [before, after] = await both(lookup(type, dims, withZeros), tensor('int64', [1, 3], [2, 0, 3]));
    expect(after.dims).toEqual([1, 3, 32]);
    expect(after).toEqual(before);
  });
});

describe('inputs of int4', () => {
  it('are refused with the way out', () => {
    const type = { value: { case: 'tensorType' as const, value: { elemType: Type.INT4 } } };
    const file = onnxFile(
      { outputs: [y], nodes: [node('Cast', ['x'], ['y'], { to: int(1) })] },
      { graph: { input: [{ name: 'x', type }] } },
    );
    expect(() => read(file)).toThrow('export it with int8 or uint8 there, and a Cast behind it');
  });
});
