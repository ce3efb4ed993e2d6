import { TensorProto_DataLocation, TensorProto_DataType as Type } from 'onnx-buf';
import { describe, expect, it } from 'vitest';
import { WhylightError } from '../../../src/core/errors.ts';
import { float, floats, graphAttr, int, ints, string, tensorAttr } from '../../../src/core/onnx/attributes.ts';
import { constantValues, makeConstant } from '../../../src/core/onnx/constant.ts';
import type { Attribute, Graph, ValueInfo } from '../../../src/core/onnx/graph.ts';
import { type ReadOptions, read } from '../../../src/core/onnx/read.ts';
import { tensor } from '../../../src/core/tensor/tensor.ts';
import { open } from '../../support/engine.ts';
import { graphOf, node, onnxFile } from '../../support/onnx-file.ts';

const x: ValueInfo = { name: 'x', dtype: 'float32', dims: ['N', 2] };
const y: ValueInfo = { name: 'y', dtype: 'float32', dims: ['N', 2] };
const relu = node('Relu', ['x'], ['y']);

/** Message of the error that `read` throws. */
function failure(bytes: Uint8Array, options?: ReadOptions): string {
  try {
    read(bytes, options);
  } catch (error) {
    if (WhylightError.is(error, 'invalid_model')) return error.message;
    throw error;
  }
  return 'nothing';
}

const valuesOf = (graph: Graph, name: string): number[] => {
  const constant = graph.constants.get(name);
  return constant ? Array.from(constantValues(constant)) : [];
};

describe('read', () => {
  it('keeps names, dims and attributes', () => {
    const attributes: Record<string, Attribute> = {
      an_int: int(-3),
      some_ints: ints([1, 2 ** 40]),
      a_float: float(0.5),
      some_floats: floats([1, -2.5]),
      a_text: string('größer'),
      some_texts: { type: 'strings', value: ['a', 'b'] },
      a_tensor: tensorAttr(makeConstant('int32', [2], [4, 5])),
    };
    const custom = { ...node('Custom', ['x'], ['y'], attributes, 'com.example'), name: 'mine' };
    const opsetImport = [
      { domain: '', version: 21n },
      { domain: 'com.example', version: 3n },
    ];
    const graph = read(onnxFile({ inputs: [x], outputs: [y], nodes: [custom] }, { opsetImport }));
    expect(graph.inputs).toEqual([x]);
    expect(graph.outputs).toEqual([y]);
    expect(graph.opsets).toEqual({ '': 21, 'com.example': 3 });
    expect(graph.nodes).toEqual([custom]);
  });

  it('reads ai.onnx as the default domain', () => {
    const nodes = [{ ...relu, domain: 'ai.onnx' }];
    const graph = read(
      onnxFile({ inputs: [x], outputs: [y], nodes }, { opsetImport: [{ domain: 'ai.onnx', version: 20n }] }),
    );
    expect(graph.nodes[0]?.domain).toBe('');
    expect(graph.opsets).toEqual({ '': 21 });
  });

  it('names symbolic dims of inputs, the first one N', () => {
    const open: ValueInfo = { name: 'x', dtype: 'float32', dims: ['?', 0, 'H', '?a'] };
    expect(read(onnxFile({ inputs: [open], outputs: [y], nodes: [relu] })).inputs[0]?.dims).toEqual([
      'N',
      'x_1',
      'H',
      'x_3',
    ]);
  });

  it('does not count initializers as inputs', () => {
    const constants = new Map([['w', makeConstant('float32', [2], [1, 2])]]);
    const w: ValueInfo = { name: 'w', dtype: 'float32', dims: [2] };
    const graph = read(
      onnxFile({ inputs: [w, x], outputs: [y], constants, nodes: [node('Add', ['x', 'w'], ['y'])] }, { opset: 7 }),
    );
    expect(graph.inputs).toEqual([x]);
  });

  it('returns constants as views of the file, from Buffer or Uint8Array', () => {
    const constants = new Map([['w', makeConstant('float32', [2], [1, 2])]]);
    const file = Buffer.from(
      onnxFile({ inputs: [x], outputs: [y], constants, nodes: [node('Add', ['x', 'w'], ['y'])] }),
    );
    const bytes = read(file).constants.get('w')?.bytes as Uint8Array;
    expect(bytes.buffer).toBe(file.buffer);
    expect(bytes.constructor).toBe(Uint8Array);
  });

  it('reads typed fields as well as raw bytes', () => {
    const initializer = [
      { name: 'f', dataType: Type.FLOAT, dims: [2n], floatData: [0.5, -1] },
      { name: 'd', dataType: Type.DOUBLE, dims: [1n], doubleData: [0.1] },
      { name: 'i', dataType: Type.INT64, dims: [], int64Data: [-5n] },
      { name: 'u', dataType: Type.UINT32, dims: [1n], uint64Data: [4294967295n] },
      { name: 'b', dataType: Type.BOOL, dims: [2n], int32Data: [1, 0] },
      { name: 'n', dataType: Type.INT8, dims: [1n], int32Data: [-7] },
      { name: 'h', dataType: Type.FLOAT16, dims: [1n], int32Data: [0xc000] },
      { name: 'e', dataType: Type.FLOAT, dims: [0n] },
    ];
    const graph = read(onnxFile({ inputs: [x], outputs: [y], nodes: [relu] }, { graph: { initializer } }));
    const values = Object.fromEntries([...graph.constants.keys()].map((name) => [name, valuesOf(graph, name)]));
    expect(values).toEqual({ f: [0.5, -1], d: [0.1], i: [-5], u: [4294967295], b: [1, 0], n: [-7], h: [-2], e: [] });
  });

  it('converts every form of Constant into a constant', () => {
    const nodes = [
      node('Constant', [], ['a'], { value: tensorAttr(makeConstant('int32', [1], [9])) }),
      node('Constant', [], ['b'], { value_float: float(0.5) }),
      node('Constant', [], ['c'], { value_floats: floats([1, 2]) }),
      node('Constant', [], ['d'], { value_int: int(3) }),
      node('Constant', [], ['e'], { value_ints: ints([4, 5]) }),
      relu,
    ];
    const graph = read(onnxFile({ inputs: [x], outputs: [y], nodes }));
    expect(graph.nodes).toHaveLength(1);
    expect(['a', 'b', 'c', 'd', 'e'].map((name) => valuesOf(graph, name))).toEqual([[9], [0.5], [1, 2], [3], [4, 5]]);
    expect(['b', 'c', 'd', 'e'].map((name) => graph.constants.get(name)?.dims)).toEqual([[], [2], [], [2]]);
  });

  it('expands sparse initializers', () => {
    const values = { name: 's', dataType: Type.FLOAT, dims: [2n], floatData: [5, 6] };
    const flat = { values, indices: { dataType: Type.INT64, dims: [2n], int64Data: [1n, 3n] }, dims: [2n, 2n] };
    const pairs = {
      values: { ...values, name: 't' },
      indices: { dataType: Type.INT64, dims: [2n, 2n], int64Data: [0n, 1n, 1n, 0n] },
      dims: [2n, 2n],
    };
    const graph = read(
      onnxFile({ inputs: [x], outputs: [y], nodes: [relu] }, { graph: { sparseInitializer: [flat, pairs] } }),
    );
    expect(valuesOf(graph, 's')).toEqual([0, 5, 0, 6]);
    expect(valuesOf(graph, 't')).toEqual([0, 5, 6, 0]);
  });

  it('gives nodes unique names', () => {
    const nodes = ['Relu', '', 'twin', 'twin', ''].map((name, i, { length }) => ({
      ...node('Relu', [i === 0 ? 'x' : `v${i}`], [i === length - 1 ? 'y' : `v${i + 1}`]),
      name,
    }));
    expect(read(onnxFile({ inputs: [x], outputs: [y], nodes })).nodes.map((n) => n.name)).toEqual([
      'Relu',
      'Relu_1',
      'twin',
      'twin_1',
      'Relu_2',
    ]);
  });

  it('sorts nodes topologically, and keeps an order that is one', () => {
    const [a, b, c] = [node('Abs', ['x'], ['a']), node('Neg', ['a'], ['b']), node('Add', ['a', 'b'], ['y'])];
    const order = (nodes: Graph['nodes']): string[] =>
      read(onnxFile({ inputs: [x], outputs: [y], nodes })).nodes.map((n) => n.op);
    expect(order([c, b, a])).toEqual(['Abs', 'Neg', 'Add']);
    expect(order([a, b, c])).toEqual(['Abs', 'Neg', 'Add']);
  });

  it('sorts a chain of 20000 nodes in reverse order', () => {
    const nodes = Array.from({ length: 20_000 }, (_, i) =>
      node('Relu', [i === 0 ? 'x' : `v${i - 1}`], [i === 19_999 ? 'y' : `v${i}`]),
    );
    expect(read(onnxFile({ inputs: [x], outputs: [y], nodes: nodes.reverse() })).nodes[0]?.inputs).toEqual(['x']);
  });

  it('counts tensors read by a branch as read by its node', () => {
    const branch = graphOf({
      name: 'b',
      opsets: {},
      outputs: [{ name: 'r', dtype: 'float32' }],
      nodes: [node('Relu', ['a'], ['r'])],
    });
    const constants = new Map([['yes', makeConstant('bool', [], [1])]]);
    const other = { ...branch, nodes: [node('Abs', ['a'], ['r'])] };
    const nodes = [
      node('If', ['yes'], ['y'], {
        then_branch: { type: 'graph', value: branch },
        else_branch: { type: 'graph', value: other },
      }),
      node('Neg', ['x'], ['a']),
    ];
    expect(read(onnxFile({ inputs: [x], outputs: [y], constants, nodes })).nodes.map((n) => n.op)).toEqual([
      'Neg',
      'If',
    ]);
  });
});

describe('local functions of a model', () => {
  const proto = (opType: string, input: string[], output: string[], more = {}) => ({ opType, input, output, ...more });
  const opsetImport = [
    { domain: '', version: 21n },
    { domain: 'local', version: 1n },
  ];
  const leaky = {
    name: 'Leaky',
    domain: 'local',
    input: ['a'],
    output: ['b'],
    attribute: ['slope'],
    opsetImport: [{ domain: '', version: 21n }],
    node: [
      proto('LeakyRelu', ['a'], ['inner'], { attribute: [{ name: 'alpha', type: 1, refAttrName: 'slope' }] }),
      proto('Neg', ['inner'], ['b']),
    ],
  };

  it('are inlined with their attributes and names', async () => {
    const twice = {
      name: 'Twice',
      domain: 'local',
      input: ['p'],
      output: ['q'],
      opsetImport,
      node: [
        proto('Leaky', ['p'], ['m'], { domain: 'local', attribute: [{ name: 'slope', type: 1, f: 0.5 }] }),
        proto('Leaky', ['m'], ['q'], { domain: 'local' }),
      ],
    };
    const nodes = [
      node('Twice', ['x'], ['inner'], {}, 'local'),
      node('Leaky', ['inner'], ['y'], { slope: float(0.25) }, 'local'),
    ];
    const graph = read(onnxFile({ inputs: [x], outputs: [y], nodes }, { opsetImport, functions: [leaky, twice] }));
    expect(graph.nodes.map((n) => n.op)).toEqual(['LeakyRelu', 'Neg', 'LeakyRelu', 'Neg', 'LeakyRelu', 'Neg']);
    const run = await open(graph);
    const { y: result } = await run({ x: tensor('float32', [1, 2], [-1, 2]) });
    await run.release();
    // The second call has no slope: LeakyRelu's own 0.01. -1 -> 0.5 -> -0.5 -> 0.125; 2 -> -2 -> 0.02 -> -0.02.
    expect(Array.from(result?.data as Float32Array, (v) => Math.round(v * 1e6) / 1e6)).toEqual([0.125, -0.02]);
  });

  it('may use another operator set', () => {
    const old = {
      name: 'Old',
      domain: 'local',
      input: ['a'],
      output: ['b'],
      opsetImport: [{ domain: '', version: 11n }],
      node: [proto('ReduceSum', ['a'], ['b'], { attribute: [{ name: 'axes', type: 7, ints: [1n] }] })],
    };
    const graph = read(
      onnxFile(
        { inputs: [x], outputs: [y], nodes: [node('Old', ['x'], ['y'], {}, 'local')] },
        { opsetImport, functions: [old] },
      ),
    );
    expect(valuesOf(graph, graph.nodes[0]?.inputs[1] ?? '')).toEqual([1]);
  });

  it('are refused when they are recursive or grow without limit', () => {
    const call = (name: string, count: number) => ({
      name,
      domain: 'local',
      input: ['a'],
      output: ['b'],
      node: Array.from({ length: count }, () =>
        proto(`f${Number(name.slice(1)) + 1}`, ['a'], ['b'], { domain: 'local' }),
      ),
    });
    const file = (functions: ReturnType<typeof call>[]) =>
      onnxFile(
        { inputs: [x], outputs: [y], nodes: [node('f0', ['x'], ['y'], {}, 'local')] },
        { opsetImport, functions },
      );
    const self = { ...call('f0', 1), node: [proto('f0', ['a'], ['b'], { domain: 'local' })] };
    expect(failure(file([self]))).toMatch(/calls itself/);
    expect(failure(file(Array.from({ length: 20 }, (_, i) => call(`f${i}`, 20))))).toMatch(/too many/);
  });
});

describe('external data', () => {
  const outside = (location: string, more: { key: string; value: string }[] = []): Uint8Array =>
    onnxFile(
      { inputs: [x], outputs: [y], nodes: [node('Add', ['x', 'w'], ['y'])] },
      {
        graph: {
          initializer: [
            {
              name: 'w',
              dataType: Type.FLOAT,
              dims: [2n],
              dataLocation: TensorProto_DataLocation.EXTERNAL,
              externalData: [{ key: 'location', value: location }, ...more],
            },
          ],
        },
      },
    );
  const file = makeConstant('float32', [3], [7, 8, 9]).bytes;

  it('is read at its offset', () => {
    const bytes = outside('w.bin', [
      { key: 'offset', value: '4' },
      { key: 'length', value: '8' },
    ]);
    const graph = read(bytes, { external: (path) => (path === 'w.bin' ? file : undefined) });
    expect(valuesOf(graph, 'w')).toEqual([8, 9]);
    expect(graph.constants.get('w')?.bytes.buffer).toBe(file.buffer);
  });

  it('is refused when it is missing, too short, or outside the folder of the model', () => {
    expect(failure(outside('w.bin'))).toMatch(/"w.bin", which was not given/);
    expect(failure(outside('w.bin', [{ key: 'offset', value: '8' }]), { external: () => file })).toMatch(
      /takes 8 bytes, but has 4/,
    );
    expect(failure(outside('w.bin', [{ key: 'offset', value: '99' }]), { external: () => file })).toMatch(
      /which has 12/,
    );
    expect(
      failure(outside('w.bin'), {
        external: () => {
          throw new Error('ENOENT');
        },
      }),
    ).toMatch(/cannot be read/);
    for (const path of ['/etc/passwd', '../secret', 'a/../../b', 'C:\\x', '\\\\host\\x', '']) {
      expect(failure(outside(path), { external: () => file })).toMatch(/only files beside the model/);
    }
  });
});

describe('an invalid model', () => {
  const model = (graph: Partial<Graph>, options?: Parameters<typeof onnxFile>[1]): Uint8Array =>
    onnxFile({ inputs: [x], outputs: [y], nodes: [relu], ...graph }, options);
  const initializer = (more: object) =>
    model({}, { graph: { initializer: [{ name: 'w', dataType: Type.FLOAT, dims: [2n], ...more }] } });

  const sparse = (index: bigint, dims: bigint[]) =>
    model(
      {},
      {
        graph: {
          sparseInitializer: [
            {
              values: { name: 's', dataType: Type.FLOAT, dims: [1n], floatData: [1] },
              indices: { dataType: Type.INT64, dims: [1n], int64Data: [index] },
              dims,
            },
          ],
        },
      },
    );

  it.each<[string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(), /0 bytes/],
    ['text', new TextEncoder().encode('<!doctype html><title>404</title>'), /not an ONNX model/],
    ['half a model', model({}).subarray(0, 40), /damaged or cut off/],
    ['a model without graph', new Uint8Array([8, 7]), /no graph/],
    ['a graph without outputs', model({ outputs: [] }), /no outputs/],
    ['an operator set that never was', model({}, { opset: 0 }), /operator set 0; whylight reads 1 to 28/],
    ['no operator set', model({}, { opsetImport: [] }), /does not say of which operator set/],
    ['an operator set of the future', model({}, { opset: 99 }), /operator set 99.*Export it/],
    [
      'a cycle',
      model({ nodes: [node('Add', ['x', 'b'], ['a']), node('Neg', ['a'], ['b']), node('Neg', ['b'], ['y'])] }),
      /cycle/,
    ],
    ['a node that reads itself', model({ nodes: [node('Add', ['x', 'y'], ['y'])] }), /cycle/],
    [
      'a name that nothing makes',
      model({ nodes: [node('Add', ['x', 'missing'], ['y'])] }),
      /reads "missing", which nothing makes/,
    ],
    [
      'an output that nothing makes',
      model({ outputs: [{ name: 'z', dtype: 'float32' }] }),
      /Nothing makes the output "z"/,
    ],
    ['a value made twice', model({ nodes: [relu, node('Abs', ['x'], ['y'])] }), /"y" is made twice/],
    ['an input that a node makes', model({ nodes: [relu, node('Abs', ['y'], ['x'])] }), /"x" is made twice/],
    ['a node without operator', model({ nodes: [{ ...relu, op: '' }] }), /no operator/],
    ['complex numbers', initializer({ dataType: Type.COMPLEX64 }), /type complex64, which whylight does not work on/],
    ['too few texts', initializer({ dataType: Type.STRING }), /holds 2 texts, but has 0/],
    ['an element type that does not exist', initializer({ dataType: 99 }), /type number 99/],
    ['too few bytes', initializer({ rawData: new Uint8Array(3) }), /takes 8 bytes, but has 3/],
    ['no bytes', initializer({}), /takes 8 bytes, but has 0/],
    ['a negative extent', initializer({ dims: [-2n] }), /impossible shape/],
    ['an absurd extent', initializer({ dims: [2n ** 62n, 4n] }), /impossible shape/],
    ['an absurd sparse tensor', sparse(0n, [2n ** 40n]), /too large/],
    ['a sparse index outside', sparse(7n, [4n]), /outside of its shape/],
    [
      'a sequence as input',
      model({}, { graph: { input: [{ name: 's', type: { value: { case: 'sequenceType', value: {} } } }] } }),
      /is a sequence/,
    ],
    [
      'a Constant of a graph',
      model({ nodes: [node('Constant', [], ['c'], { value: graphAttr(read(model({ nodes: [relu] }))) }), relu] }),
      /holds no numbers/,
    ],
  ])('is refused: %s', (_, bytes, message) => {
    expect(failure(bytes)).toMatch(message);
  });
});
