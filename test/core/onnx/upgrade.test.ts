/** Old operators against what they become, both on onnxruntime, which knows them all. */
import { describe, expect, it } from 'vitest';
import { WhylightError } from '../../../src/core/errors.ts';
import { float, floats, int, ints, string } from '../../../src/core/onnx/attributes.ts';
import { makeConstant } from '../../../src/core/onnx/constant.ts';
import type { Attribute, Constant, Graph, ValueInfo } from '../../../src/core/onnx/graph.ts';
import { OPSET } from '../../../src/core/onnx/graph.ts';
import { read } from '../../../src/core/onnx/read.ts';
import { write } from '../../../src/core/onnx/write.ts';
import { Random } from '../../../src/core/tensor/random.ts';
import { type DataType, sizeOf, type Tensor, tensor } from '../../../src/core/tensor/tensor.ts';
import { onnxruntimeNode } from '../../../src/node/onnxruntime-node.ts';
import { node, onnxFile } from '../../support/onnx-file.ts';

/** A shape is an input with random content, `null` an input left out. */
type Input = readonly number[] | Constant | null;
type Case = [
  op: string,
  opset: number,
  attributes: Record<string, Attribute>,
  inputs: readonly Input[],
  outputs?: readonly DataType[],
];

const numbers = (...values: number[]): Constant => makeConstant('float32', [values.length], values);
const x = [2, 3, 4, 5];
const map = [1, 2, 4, 6];

const cases: Case[] = [
  ...['Softmax', 'LogSoftmax', 'Hardmax'].flatMap((op): Case[] => [
    [op, 7, {}, [x]],
    [op, 7, { axis: int(3) }, [x]],
    [op, 11, { axis: int(-1) }, [x]],
    [op, 11, { axis: int(-3) }, [x]],
    [op, 12, { axis: int(0) }, [x]],
    [op, 12, { axis: int(1) }, [[2, 6, 1, 1]]],
    [op, 12, { axis: int(1) }, [[2, 1, 6, 1]]],
    [op, 13, { axis: int(1) }, [x]],
  ]),
  ...[
    'ReduceSum',
    'ReduceMean',
    'ReduceMax',
    'ReduceMin',
    'ReduceProd',
    'ReduceL1',
    'ReduceL2',
    'ReduceSumSquare',
  ].flatMap((op): Case[] => [
    [op, 7, { axes: ints([1, 2]), keepdims: int(0) }, [x]],
    [op, 12, { axes: ints([-1]) }, [x]],
    [op, 12, { keepdims: int(0) }, [x]],
  ]),
  ['ReduceMean', 17, { axes: ints([2, 3]) }, [x]],
  ['ReduceLogSumExp', 13, { axes: ints([0]) }, [x]],
  ['Squeeze', 11, { axes: ints([-1, 0]) }, [[1, 3, 1]]],
  ['Squeeze', 7, {}, [[1, 3, 1]]],
  ['Unsqueeze', 11, { axes: ints([0, -1]) }, [[3, 2]]],
  ['Clip', 7, { min: float(-0.5), max: float(0.25) }, [x]],
  ['Clip', 10, { max: float(0.25) }, [x]],
  ['Clip', 10, {}, [x]],
  ['Pad', 7, { pads: ints([0, 1, 0, 2, 1, 0, 0, 0]), value: float(1.5) }, [x]],
  ['Pad', 10, { pads: ints([0, 0, 1, 2, 0, 0, 1, 1]), mode: string('reflect') }, [x]],
  ['Slice', 7, { starts: ints([1, -3]), ends: ints([2 ** 63, -1]), axes: ints([2, 3]) }, [x]],
  ['Slice', 9, { starts: ints([0, 1]), ends: ints([1, 3]) }, [x]],
  ['Split', 7, { axis: int(1), split: ints([1, 2]) }, [x], ['float32', 'float32']],
  ['Split', 11, { axis: int(-2) }, [x], ['float32', 'float32']],
  ['Split', 13, { axis: int(2) }, [x], ['float32', 'float32']],
  ['TopK', 7, { k: int(2), axis: int(1) }, [x], ['float32', 'int64']],
  ['Dropout', 7, { ratio: float(0.9) }, [x]],
  ['Dropout', 10, { ratio: float(0.9) }, [x]],
  [
    'BatchNormalization',
    7,
    { epsilon: float(0.1) },
    [x, numbers(1, 2, 3), numbers(0, 1, -1), numbers(0.5, 0, 1), numbers(1, 2, 0.5)],
  ],
  ['BatchNormalization', 9, {}, [x, numbers(1, 2, 3), numbers(0, 1, -1), numbers(0.5, 0, 1), numbers(1, 2, 0.5)]],
  ['Upsample', 7, { scales: floats([1, 1, 2, 3]) }, [map]],
  ['Upsample', 7, { scales: floats([1, 1, 2, 2]), mode: string('linear') }, [map]],
  ['Upsample', 9, {}, [map, numbers(1, 1, 2, 1.5)]],
  ['Resize', 10, {}, [map, numbers(1, 1, 2, 2)]],
  ['Resize', 10, {}, [map, numbers(1, 1, 0.5, 0.7)]],
  ['Resize', 10, { mode: string('linear') }, [map, numbers(1, 1, 0.5, 2)]],
  [
    'Resize',
    11,
    { coordinate_transformation_mode: string('tf_half_pixel_for_nn'), nearest_mode: string('floor') },
    [map, numbers(), numbers(1, 1, 0.6, 2.5)],
  ],
  ['Resize', 11, { mode: string('linear') }, [map, numbers(), numbers(), makeConstant('int64', [4], [1, 2, 3, 9])]],
  ['GridSample', 16, { align_corners: int(1) }, [map, [1, 3, 3, 2]]],
  ['GridSample', 16, { mode: string('bicubic') }, [map, [1, 3, 3, 2]]],
  [
    'RoiAlign',
    10,
    { output_height: int(2), output_width: int(2) },
    [map, makeConstant('float32', [1, 4], [0, 0.5, 3, 2.5]), makeConstant('int64', [1], [0])],
  ],
  ['Scatter', 10, { axis: int(1) }, [[2, 3], makeConstant('int64', [2, 1], [2, 0]), [2, 1]]],
  ['GroupNormalization', 18, { num_groups: int(2) }, [[2, 4, 3], numbers(1, 2), numbers(0.5, -1)]],
  ['DFT', 17, { axis: int(1), onesided: int(1) }, [[1, 8, 1]]],
  ['Gemm', 7, { alpha: float(0.5), transB: int(1) }, [[2, 3], [4, 3], [4]]],
  ['Reshape', 7, {}, [[2, 6], makeConstant('int64', [3], [0, 3, -1])]],
  ['PRelu', 7, {}, [x, [3, 1, 1]]],
  ['AveragePool', 7, { kernel_shape: ints([2, 2]), pads: ints([1, 1, 0, 0]) }, [x]],
  ['MaxPool', 8, { kernel_shape: ints([2, 2]) }, [x], ['float32', 'int64']],
];

/** Operators of the operator sets 1 to 6, as far as onnxruntime still runs them. */
const oldest: Case[] = [
  ['Cast', 6, { to: int(7) }, [x], ['int64']],
  ['Clip', 6, { min: float(-0.5), max: float(0.25) }, [x]],
  [
    'Concat',
    4,
    { axis: int(1) },
    [
      [2, 3],
      [2, 4],
    ],
  ],
  ['Conv', 1, { kernel_shape: ints([2, 2]) }, [x, [4, 3, 2, 2]]],
  ['GlobalLpPool', 2, { p: int(2) }, [x]],
  ['LRN', 1, { size: int(3) }, [x]],
  ['Pad', 2, { pads: ints([0, 1, 0, 2, 1, 0, 0, 0]), value: float(1.5) }, [x]],
  ['ReduceMean', 1, { axes: ints([1]) }, [x]],
  ['Relu', 6, {}, [x]],
  ['Reshape', 5, {}, [[2, 6], makeConstant('int64', [3], [0, 3, -1])]],
  ['Slice', 1, { starts: ints([1]), ends: ints([3]), axes: ints([2]) }, [x]],
  ['Softmax', 1, { axis: int(2) }, [x]],
  ['Split', 2, { axis: int(1), split: ints([1, 2]) }, [x], ['float32', 'float32']],
  ['Squeeze', 1, { axes: ints([0]) }, [[1, 3, 1]]],
  ['Sum', 6, {}, [x, x]],
  ['Tanh', 6, {}, [x]],
  ['Tile', 6, {}, [[2, 3], makeConstant('int64', [2], [2, 1])]],
  ['Transpose', 1, { perm: ints([1, 0]) }, [[2, 3]]],
];

/** Outputs of onnxruntime for the file as it is, and for the graph that was read from it. */
async function both(bytes: Uint8Array, inputs: readonly ValueInfo[]): Promise<[Tensor[], Tensor[], Graph]> {
  const random = new Random(3);
  const feeds = Object.fromEntries(
    inputs.map(({ name, dims }) => [
      name,
      tensor('float32', dims as number[], random.normal(sizeOf(dims as number[]))),
    ]),
  );
  const graph = read(bytes);
  const runs = [{ graph: bytes }, write(graph)].map(async (model) => {
    const session = await onnxruntimeNode({ threads: 1 }).load(model);
    const results = await session.run(feeds);
    await session.release();
    return Object.values(results);
  });
  const [before, after] = await Promise.all(runs);
  return [before as Tensor[], after as Tensor[], graph];
}

function fileOf([op, opset, attributes, given, dtypes = ['float32']]: Case): [Uint8Array, ValueInfo[]] {
  const constants = new Map<string, Constant>();
  const inputs: ValueInfo[] = [];
  const names = given.map((input, i) => {
    if (input === null) return '';
    if ('bytes' in input) constants.set(`x${i}`, input);
    else inputs.push({ name: `x${i}`, dtype: 'float32', dims: input });
    return `x${i}`;
  });
  const outputs = dtypes.map((dtype, i): ValueInfo => ({ name: `y${i}`, dtype }));
  const graph = {
    inputs,
    outputs,
    constants,
    nodes: [
      node(
        op,
        names,
        outputs.map((o) => o.name),
        attributes,
      ),
    ],
  };
  return [onnxFile(graph, { opset, irVersion: 7n }), inputs];
}

describe('upgraded operators of old files', () => {
  it.each([...cases, ...oldest].map((old) => ({ old, title: `${old[0]}-${old[1]} ${JSON.stringify(old[2])}` })))(
    '$title',
    async ({ old }) => {
      const [before, after, graph] = await both(...fileOf(old));
      expect(graph.opsets['']).toBe(OPSET);
      expect(after.map((t) => [t.dtype, t.dims])).toEqual(before.map((t) => [t.dtype, t.dims]));
      for (const [i, { data }] of after.entries()) {
        const expected = (before[i] as Tensor).data;
        for (const [k, value] of data.entries()) expect(Number(value)).toBeCloseTo(Number(expected[k]), 5);
      }
    },
  );

  it('flatten where the shape is unknown before the run', async () => {
    const inputs: ValueInfo[] = [{ name: 'x', dtype: 'float32', dims: [2, 3, 2] }];
    const nodes = [
      node('NonZero', ['x'], ['where']),
      node('Cast', ['where'], ['f'], { to: int(1) }),
      node('Unsqueeze', ['f'], ['u'], { axes: ints([1]) }),
      node('Softmax', ['u'], ['y']),
    ];
    const [before, after] = await both(
      onnxFile({ inputs, outputs: [{ name: 'y', dtype: 'float32' }], nodes }, { opset: 11 }),
      inputs,
    );
    expect(after).toEqual(before);
  });

  it('are rewritten in the branches of If', async () => {
    const branch = (axis: number): Graph => ({
      name: `along_${axis}`,
      opsets: {},
      inputs: [],
      outputs: [{ name: `b${axis}`, dtype: 'float32' }],
      constants: new Map(),
      nodes: [node('ReduceSum', ['x'], [`b${axis}`], { axes: ints([axis]) })],
    });
    const constants = new Map([['yes', makeConstant('bool', [], [1])]]);
    const inputs: ValueInfo[] = [{ name: 'x', dtype: 'float32', dims: [2, 3] }];
    const nodes = [
      node('If', ['yes'], ['y'], {
        then_branch: { type: 'graph', value: branch(0) },
        else_branch: { type: 'graph', value: branch(1) },
      }),
    ];
    const [before, after] = await both(
      onnxFile({ inputs, outputs: [{ name: 'y', dtype: 'float32' }], constants, nodes }, { opset: 11 }),
      inputs,
    );
    expect(after).toEqual(before);
  });
});

describe('Scan of operator set 8', () => {
  const body: Graph = {
    name: 'steps',
    opsets: {},
    inputs: [
      { name: 'sum', dtype: 'float32', dims: [2] },
      { name: 'next', dtype: 'float32', dims: [2] },
    ],
    outputs: [
      { name: 'after', dtype: 'float32', dims: [2] },
      { name: 'bounded', dtype: 'float32', dims: [2] },
    ],
    constants: new Map(),
    nodes: [
      node('Add', ['sum', 'next'], ['added']),
      node('Mul', ['added', 'next'], ['after']),
      node('Clip', ['after'], ['bounded'], { max: float(0.5) }),
    ],
  };
  const outputs = ['y', 'z'].map((name): ValueInfo => ({ name, dtype: 'float32' }));
  const inputs: ValueInfo[] = [
    { name: 'initial', dtype: 'float32', dims: [3, 2] },
    { name: 'x', dtype: 'float32', dims: [3, 4, 2] },
  ];
  const fileWith = (lengths: string) =>
    onnxFile(
      {
        inputs: lengths ? [{ name: lengths, dtype: 'int64', dims: [3] }, ...inputs] : inputs,
        outputs,
        nodes: [
          node('Scan', [lengths, 'initial', 'x'], ['y', 'z'], {
            body: { type: 'graph', value: body },
            num_scan_inputs: int(1),
            directions: ints([1]),
          }),
        ],
      },
      { opset: 8 },
    );

  it('runs every row by itself, in its direction, with the operators of its body upgraded', async () => {
    const [before, after] = await both(fileWith(''), inputs);
    expect(before[0]?.dims).toEqual([3, 2]);
    expect(after).toEqual(before);
  });

  it('is refused with rows of different lengths', () => {
    expect(() => read(fileWith('lengths'))).toThrow('rows of different lengths');
  });
});

/** Content of an input: 1, 2, 3 ... in this shape. */
const counted = (dims: readonly number[]): Tensor =>
  tensor(
    'float32',
    dims,
    Array.from({ length: sizeOf(dims) }, (_, i) => i + 1),
  );

describe('operators of operator sets that onnxruntime no longer runs', () => {
  const channels = numbers(10, 20, 30);
  const identity = numbers(1, 1, 1);
  const perChannel = [11, 12, 23, 24, 35, 36];

  it.each([
    ['Add from an axis on', ['Add', 6, { broadcast: int(1), axis: int(1) }, [[1, 3, 2], channels]], perChannel],
    ['Add of the last axes', ['Add', 6, { broadcast: int(1) }, [[1, 3], channels]], [11, 22, 33]],
    ['Add of equal shapes', ['Add', 1, { consumed_inputs: ints([0, 0]) }, [[3], channels]], [11, 22, 33]],
    [
      'Mul from a negative axis on',
      ['Mul', 6, { broadcast: int(1), axis: int(-2) }, [[1, 3, 1], channels]],
      [10, 40, 90],
    ],
    ['PRelu by channel', ['PRelu', 6, {}, [[1, 3, 2], channels]], [1, 2, 3, 4, 5, 6]],
    ['Gemm', ['Gemm', 6, { broadcast: int(1), transB: int(1) }, [[1, 3], [1, 3], numbers(1)]], [15]],
    ['Reshape by an attribute', ['Reshape', 1, { shape: ints([3, 1]) }, [[1, 3]]], [1, 2, 3]],
    [
      'Concat along the channels',
      [
        'Concat',
        1,
        {},
        [
          [1, 1, 2],
          [1, 1, 2],
        ],
      ],
      [1, 2, 1, 2],
    ],
    ['Pad by another name', ['Pad', 1, { paddings: ints([1, 0]) }, [[2]]], [0, 1, 2]],
    ['Cast to a named type', ['Cast', 1, { to: string('FLOAT') }, [[2]]], [1, 2]],
    ['Tile along an axis', ['Tile', 1, {}, [[1, 2], numbers(2), numbers(1)]], [1, 2, 1, 2]],
    [
      'Upsample by two factors',
      ['Upsample', 1, { height_scale: float(1), width_scale: float(2) }, [[1, 1, 1, 2]]],
      [1, 1, 2, 2],
    ],
    ['Dropout of a test', ['Dropout', 6, { is_test: int(1) }, [[2]]], [1, 2]],
    [
      'BatchNormalization of a test',
      [
        'BatchNormalization',
        6,
        { is_test: int(1), epsilon: float(0) },
        [[1, 3, 1], identity, channels, numbers(0, 0, 0), identity],
      ],
      [11, 22, 33],
    ],
  ] as [string, Case, number[]][])('computes %s', async (_, old, expected) => {
    const [bytes, inputs] = fileOf(old);
    const session = await onnxruntimeNode({ threads: 1 }).load(write(read(bytes)));
    const { y0 } = await session.run(
      Object.fromEntries(inputs.map(({ name, dims }) => [name, counted(dims as number[])])),
    );
    await session.release();
    expect(Array.from((y0 as Tensor).data, Number)).toEqual(expected);
  });

  it.each([
    ['Dropout', {}],
    ['BatchNormalization', {}],
  ])('refuses %s in training mode', (op, attributes) => {
    const given = [[1, 3, 1], identity, channels, identity, identity];
    expect(() => read(fileOf([op, 6, attributes, op === 'Dropout' ? given.slice(0, 1) : given])[0])).toThrow(
      'Export the model for inference',
    );
  });
});

describe('operators newer than the graphs in memory', () => {
  const inputs: ValueInfo[] = [{ name: 'x', dtype: 'float32', dims: [2, 3, 4] }];
  const outputs: ValueInfo[] = [{ name: 'y', dtype: 'float32' }];

  it('express Swish with Sigmoid', async () => {
    const graph = read(
      onnxFile({ inputs, outputs, nodes: [node('Swish', ['x'], ['y'], { alpha: float(2) })] }, { opset: 24 }),
    );
    const data = Float32Array.from({ length: 24 }, (_, i) => (i - 12) / 4);
    const session = await onnxruntimeNode({ threads: 1 }).load(write(graph));
    const { y } = await session.run({ x: tensor('float32', [2, 3, 4], data) });
    for (const [i, value] of (y as Tensor).data.entries()) {
      const v = data[i] as number;
      expect(Number(value)).toBeCloseTo(v / (1 + Math.exp(-2 * v)), 5);
    }
  });

  it.each([-1, 1])('express RMSNormalization over axes from %i on with means', async (axis) => {
    const size = axis === 1 ? 12 : 4;
    const scale = makeConstant(
      'float32',
      axis === 1 ? [3, 4] : [4],
      Array.from({ length: size }, (_, i) => i + 1),
    );
    const nodes = [node('RMSNormalization', ['x', 'scale'], ['y'], { axis: int(axis), epsilon: float(0.5) })];
    const graph = read(onnxFile({ inputs, outputs, nodes, constants: new Map([['scale', scale]]) }, { opset: 23 }));
    const data = Float32Array.from({ length: 24 }, (_, i) => (i * 7) % 5);
    const session = await onnxruntimeNode({ threads: 1 }).load(write(graph));
    const { y } = await session.run({ x: tensor('float32', [2, 3, 4], data) });
    for (const [i, value] of (y as Tensor).data.entries()) {
      const row = data.subarray(Math.floor(i / size) * size, (Math.floor(i / size) + 1) * size);
      const mean = row.reduce((sum, v) => sum + v * v, 0) / size;
      expect(Number(value)).toBeCloseTo(((data[i] as number) / Math.sqrt(mean + 0.5)) * ((i % size) + 1), 4);
    }
  });
});

describe('the withdrawn operator ConstantFill', () => {
  const inputs: ValueInfo[] = [{ name: 'x', dtype: 'float32', dims: ['N', 3] }];

  it.each([
    ['the shape given by its input', ['s'], { input_as_shape: int(1), value: float(1.5) }, [2, 3]],
    ['additional dims', ['s'], { input_as_shape: int(1), extra_shape: ints([2]), dtype: int(1) }, [2, 3, 2]],
    ['the shape given by its attribute', [], { shape: ints([4, 1]), value: float(-2) }, [4, 1]],
  ] as const)('fills %s', async (_, operands, attributes, dims) => {
    const nodes = [node('Shape', ['x'], ['s']), node('ConstantFill', operands, ['y'], attributes)];
    const graph = read(onnxFile({ inputs, outputs: [{ name: 'y', dtype: 'float32' }], nodes }, { opset: 8 }));
    const session = await onnxruntimeNode({ threads: 1 }).load(write(graph));
    const { y } = await session.run({ x: tensor('float32', [2, 3], [1, 2, 3, 4, 5, 6]) });
    await session.release();
    expect(y?.dims).toEqual(dims);
    const value = 'value' in attributes ? attributes.value.value : 0;
    expect(new Set(y?.data as Float32Array)).toEqual(new Set([value]));
  });
});

describe('operators that cannot be upgraded', () => {
  const file = (op: string, opset: number, attributes: Record<string, Attribute>, outputs = ['y']): Uint8Array =>
    onnxFile(
      {
        inputs: [{ name: 'x', dtype: 'float32', dims: [1, 2, 4, 4] }],
        outputs: outputs.map((name) => ({ name, dtype: 'float32' })),
        constants: new Map([
          ['s', numbers(1, 1, 0.5, 2)],
          ['v', numbers(1, 1)],
        ]),
        nodes: [node(op, op === 'Resize' ? ['x', 's'] : ['x', 'v', 'v', 'v', 'v'], outputs, attributes)],
      },
      { opset },
    );

  it.each([
    ['training statistics that are read', file('BatchNormalization', 9, {}, ['y', 'mean'])],
    ['batch normalisation for each position', file('BatchNormalization', 7, { spatial: int(0) })],
    ['nearest resizing that enlarges one axis and shrinks another', file('Resize', 10, {})],
  ])('are refused: %s', (_, bytes) => {
    expect(() => read(bytes)).toThrow(WhylightError);
    expect(() => read(bytes)).toThrow(/export|newer|counterpart/i);
  });
});
