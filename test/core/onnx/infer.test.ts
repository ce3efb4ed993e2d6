/** Whole graphs: the shape arithmetic of exporters, subgraphs, what cannot be known and what cannot be. */
import { describe, expect, test } from 'vitest';
import { GraphBuilder, type Value } from '../../../src/core/onnx/builder.ts';
import { makeConstant } from '../../../src/core/onnx/constant.ts';
import { evaluate } from '../../../src/core/onnx/dims.ts';
import type { Dim, Graph, Node } from '../../../src/core/onnx/graph.ts';
import { type Inferred, infer, inferNode } from '../../../src/core/onnx/infer.ts';
import { type Tensor, tensor } from '../../../src/core/tensor/tensor.ts';
import { open } from '../../support/engine.ts';
import { graphOf } from '../../support/onnx-file.ts';
import { constant, filled, float, int, ints, nodeOf, type Operand, typeOf } from './one-node.ts';

const EXTENTS = { N: 2, H: 14, W: 21, T: 5, S: 3 };

/** Every value of the graph has the inferred type, and content, when the engine runs it with these extents. */
async function agrees(graph: Graph, feeds: Record<string, Tensor> = {}): Promise<void> {
  const values = infer(graph);
  // onnxruntime 1.30 crashes when it is asked for the output of a Range.
  const names = graph.nodes.filter((node) => node.op !== 'Range').flatMap((node) => node.outputs);
  const session = await open({
    ...graph,
    outputs: names.map((name) => ({ name, dtype: (values.get(name) as Inferred).dtype })),
  });
  const given: Record<string, Tensor> = { ...feeds };
  for (const { name, dtype, dims = [] } of graph.inputs) {
    const shape = dims.map((d) => evaluate(d, EXTENTS) as number);
    given[name] ??= tensor(dtype, shape, new Array(shape.reduce((n, d) => n * d, 1)).fill(1));
  }
  const results = await session(given);
  await session.release();
  for (const name of names) {
    const [{ dtype, dims, value }, actual] = [values.get(name) as Inferred, results[name] as Tensor];
    expect(dtype, name).toBe(actual.dtype);
    const known = (all: readonly Dim[], like: readonly number[]) => all.map((d, i) => evaluate(d, EXTENTS) ?? like[i]);
    if (dims) expect(known(dims, actual.dims), name).toEqual([...actual.dims]);
    const content = Array.from(actual.data as ArrayLike<number>, Number);
    if (value) expect(known(value, content), name).toEqual(content);
  }
}

/** The shape of what `build` makes, checked against the engine. */
async function shapeOf(build: (g: GraphBuilder) => Value): Promise<readonly Dim[] | undefined> {
  const g = GraphBuilder.empty();
  const result = build(g);
  await agrees(g.build([g.named(result, 'result')]));
  return result.dims;
}

const extent = (g: GraphBuilder, x: Value, axis: number): Value => g.op('Gather', [g.op('Shape', [x]), g.ints([axis])]);
const join = (g: GraphBuilder, ...parts: Value[]): Value => g.op('Concat', parts, { axis: 0 });
const slice = (g: GraphBuilder, x: Value, start: number, end: number | Value, axis = 0): Value =>
  g.op('Slice', [x, g.ints([start]), typeof end === 'number' ? g.ints([end]) : end, g.ints([axis])]);

describe('inference through shape arithmetic of exporters', () => {
  test('resolves a view with the batch from Shape', async () => {
    const dims = await shapeOf((g) => {
      const x = g.input('x', 'float32', ['N', 49, 64]);
      const batch = g.op('Unsqueeze', [
        g.op('Gather', [g.op('Shape', [x]), g.constant('int64', [], [0])]),
        g.ints([0]),
      ]);
      return g.op('Reshape', [x, join(g, batch, g.ints([7, 7, -1]))]);
    });
    expect(dims).toEqual(['N', 7, 7, 64]);
  });

  test('resolves windows of an image of any size, and back', async () => {
    const dims = await shapeOf((g) => {
      const x = g.input('x', 'float32', ['N', 'H', 'W', 4]);
      const [rows, columns] = [
        g.op('Div', [extent(g, x, 1), g.ints([7])]),
        g.op('Div', [extent(g, x, 2), g.ints([7])]),
      ];
      const cut = g.op('Reshape', [x, join(g, extent(g, x, 0), rows, g.ints([7]), columns, g.ints([7, 4]))]);
      const windows = g.op('Reshape', [g.transpose(cut, [0, 1, 3, 2, 4, 5]), g.ints([-1, 49, 4])]);
      expect(cut.dims).toEqual(['N', 'div(H,7)', 7, 'div(W,7)', 7, 4]);
      expect(windows.dims).toEqual(['N*div(H,7)*div(W,7)', 49, 4]);
      const apart = join(g, g.ints([-1]), rows, columns, g.ints([7, 7, 4]));
      return g.op('Reshape', [windows, apart]);
    });
    expect(dims).toEqual(['N', 'div(H,7)', 'div(W,7)', 7, 7, 4]);
  });

  test('resolves interpolation to twice the size', async () => {
    const dims = await shapeOf((g) => {
      const x = g.input('x', 'float32', ['N', 3, 'H', 'W']);
      const shape = g.op('Shape', [x]);
      const doubled = g.op(
        'Cast',
        [g.op('Floor', [g.op('Mul', [g.op('Cast', [slice(g, shape, 2, 4)], { to: 1 }), g.scalar(2)])])],
        { to: 7 },
      );
      return g.op('Resize', [x, null, null, join(g, slice(g, shape, 0, 2), doubled)]);
    });
    expect(dims).toEqual(['N', 3, '2*H', '2*W']);
  });

  test('resolves Expand with -1 for unchanged dims', async () => {
    const dims = await shapeOf((g) => {
      const x = g.input('x', 'float32', ['N', 'T', 4]);
      const token = g.constant('float32', [1, 1, 4], [1, 2, 3, 4]);
      const wanted = join(g, extent(g, x, 0), g.ints([-1, -1]));
      const ones = g.op('ConstantOfShape', [g.ints([3])], {
        value: { type: 'tensor', value: makeConstant('int64', [1], [1]) },
      });
      const kept = g.where(g.op('Equal', [wanted, g.mul(ones, g.ints([-1]))]), ones, wanted);
      return g.op('Concat', [g.op('Expand', [token, kept]), x], { axis: 1 });
    });
    expect(dims).toEqual(['N', 'T+1', 4]);
  });

  test('resolves positions up to the sequence length', async () => {
    const dims = await shapeOf((g) => {
      const x = g.input('x', 'float32', ['N', 'T', 4]);
      const length = g.op('Squeeze', [extent(g, x, 1), g.ints([0])]);
      const one = g.constant('int64', [], [1]);
      const positions = g.op('Range', [g.constant('int64', [], [0]), length, one]);
      const table = g.constant('float32', [512, 4], new Float32Array(2048));
      expect(positions.dims).toEqual(['T']);
      return g.add(x, g.op('Gather', [table, positions]));
    });
    expect(dims).toEqual(['N', 'T', 4]);
  });

  test('resolves a table sliced to the sequence length', async () => {
    const dims = await shapeOf((g) => {
      const x = g.input('x', 'float32', ['N', 'T', 4]);
      const table = g.constant('float32', [1, 512, 4], new Float32Array(2048));
      const cut = slice(g, table, 0, extent(g, x, 1), 1);
      expect(cut.dims).toEqual([1, 'min(512,T)', 4]);
      return g.add(x, cut);
    });
    expect(dims).toEqual(['N', 'T', 4]);
  });

  test('resolves a causal mask', async () => {
    const dims = await shapeOf((g) => {
      const x = g.input('x', 'float32', ['N', 4, 'T', 8]);
      const length = extent(g, x, 2);
      const mask = g.op('Trilu', [g.op('ConstantOfShape', [join(g, length, length)]), g.constant('int64', [], [1])]);
      return g.add(g.op('MatMul', [x, g.transpose(x, [0, 1, 3, 2])]), mask);
    });
    expect(dims).toEqual(['N', 4, 'T', 'T']);
  });

  test('resolves a shape from ScatterND, Split and products', async () => {
    const dims = await shapeOf((g) => {
      const x = g.input('x', 'float32', ['N', 6, 'T']);
      const shape = g.op('ScatterND', [g.op('Shape', [x]), g.constant('int64', [1, 1], [1]), g.ints([2])]);
      const [batch, ...rest] = g.ops('Split', [shape, g.ints([1, 1, 1])], { axis: 0 }, 3) as [Value, Value, Value];
      const size = g.op('ReduceProd', [join(g, ...rest), g.ints([0])]);
      expect(size.value).toEqual(['2*T']);
      return g.op('Reshape', [x, join(g, batch, g.mul(size, g.ints([3])))]);
    });
    expect(dims).toEqual(['N', '6*T']);
  });

  test('resolves padding to a multiple', async () => {
    const dims = await shapeOf((g) => {
      const x = g.input('x', 'float32', ['N', 3, 'H']);
      const missing = g.op('Mod', [g.sub(g.ints([4]), g.op('Mod', [extent(g, x, 2), g.ints([4])])), g.ints([4])]);
      return g.op('Pad', [x, join(g, g.ints([0, 0, 0, 0, 0]), missing)]);
    });
    expect(dims?.slice(0, 2)).toEqual(['N', 3]);
  });

  test('resolves two paths through strided windows to the same dim', async () => {
    const dims = await shapeOf((g) => {
      const x = g.input('x', 'float32', ['N', 3, 'H', 'W']);
      const weights = (size: number) => g.constant('float32', [4, 3, size, size], new Float32Array(12 * size * size));
      const wide = g.op('Conv', [x, weights(3)], { pads: [1, 1, 1, 1], strides: [2, 2] });
      const pointwise = g.op('Conv', [x, weights(1)], { strides: [2, 2] });
      return g.add(wide, pointwise);
    });
    expect(dims).toEqual(['N', 4, 'div(H+1,2)', 'div(W+1,2)']);
  });

  test('gives data-dependent dims their own symbol', async () => {
    const dims = await shapeOf((g) => {
      const x = g.input('x', 'float32', ['N', 'T', 4]);
      const found = g.transpose(g.op('NonZero', [x]), [1, 0]);
      expect(found.dims).toEqual([expect.stringContaining('?'), 3]);
      const count = extent(g, found, 0);
      const total = g.op(
        'Cast',
        [g.reduce('ReduceSum', g.op('Cast', [g.op('Greater', [x, g.scalar(0)])], { to: 1 }), [0, 1, 2], false)],
        { to: 7 },
      );
      const shape = join(g, g.op('Unsqueeze', [total, g.ints([0])]), g.ints([3]));
      expect(shape.value).toEqual([expect.stringContaining('?'), 3]);
      expect(count.value).toEqual([found.dims?.[0]]);
      return g.op('Reshape', [found, shape]);
    });
    expect(dims?.[1]).toBe(3);
  });
});

const value = (name: string, dtype: 'float32' | 'int64' | 'bool', ...dims: Dim[]) => ({ name, dtype, dims });

const step = (op: string, inputs: string[], outputs: string[], attributes: Node['attributes'] = {}): Node => ({
  name: `${op}_${outputs[0]}`,
  op,
  domain: '',
  inputs,
  outputs,
  attributes,
});

describe('inference through subgraphs', () => {
  const branch = (node: Node): Graph =>
    graphOf({ name: node.op, nodes: [node], outputs: [{ name: node.outputs[0] as string, dtype: 'float32' }] });
  const conditional = (then: Node, otherwise: Node): Node =>
    step('If', ['c'], ['y'], {
      then_branch: { type: 'graph', value: branch(then) },
      else_branch: { type: 'graph', value: branch(otherwise) },
    });
  const x = value('x', 'float32', 'N', 3, 'T');
  const looped = (body: Graph, turns: number): Graph =>
    graphOf({
      inputs: [x],
      constants: new Map([['turns', int(turns)]]),
      nodes: [step('Loop', ['turns', '', 'x'], ['last', 'rows'], { body: { type: 'graph', value: body } })],
    });
  const flag = (on: boolean) => new Map([['c', makeConstant('bool', [], [on ? 1 : 0])]]);
  const reduced = step('ReduceMax', ['x', 'axes'], ['b']);
  const axes = ['axes', ints(1)] as const;

  test('takes the branch of a known condition', async () => {
    const nodes = [conditional(step('Relu', ['x'], ['a']), reduced)];
    const chosen = graphOf({ inputs: [x], constants: new Map([...flag(false), axes]), nodes });
    expect(infer(chosen).get('y')?.dims).toEqual(['N', 1, 'T']);
    await agrees(chosen);
  });

  test('keeps what both branches agree on', async () => {
    const nodes = [conditional(step('Relu', ['x'], ['a']), reduced)];
    const open = graphOf({ inputs: [x, value('c', 'bool')], constants: new Map([axes]), nodes });
    expect(infer(open).get('y')?.dims).toEqual(['N', '?y_1', 'T']);
    await agrees(open, { c: tensor('bool', [], [1]) });
  });

  test('gives a counted loop its carried values and one row for each iteration', async () => {
    const body = graphOf({
      name: 'body',
      inputs: [value('i', 'int64'), value('go', 'bool'), value('state', 'float32')],
      nodes: [
        step('Identity', ['go'], ['go_on']),
        step('Mul', ['state', 'x'], ['next']),
        step('Identity', ['next'], ['row']),
      ],
      outputs: [value('go_on', 'bool'), { name: 'next', dtype: 'float32' }, { name: 'row', dtype: 'float32' }],
    });
    const loop = looped(body, 4);
    expect(infer(loop).get('last')?.dims).toEqual(['N', 3, 'T']);
    expect(infer(loop).get('rows')?.dims).toEqual([4, 'N', 3, 'T']);
    await agrees(loop);
  });

  test('gives a loop with a condition an unknown number of rows', async () => {
    const body = graphOf({
      name: 'body',
      inputs: [value('i', 'int64'), value('go', 'bool'), value('state', 'float32', 'a', 'b', 'c')],
      constants: new Map([['second', int(2)]]),
      nodes: [
        step('Less', ['i', 'second'], ['go_on']),
        step('Neg', ['state'], ['next']),
        step('Identity', ['next'], ['row']),
      ],
      outputs: [value('go_on', 'bool'), { name: 'next', dtype: 'float32' }, { name: 'row', dtype: 'float32' }],
    });
    const loop = looped(body, 7);
    expect(infer(loop).get('rows')?.dims).toEqual(['?rows_0', 'N', 3, 'T']);
    await agrees(loop);
  });

  test('gives a growing carried value an unknown dim', async () => {
    const body = graphOf({
      name: 'body',
      inputs: [value('i', 'int64'), value('go', 'bool'), value('state', 'float32', 'a', 'b', 'c')],
      nodes: [
        step('Identity', ['go'], ['go_on']),
        step('Concat', ['state', 'x'], ['next'], { axis: { type: 'int', value: 1 } }),
      ],
      outputs: [value('go_on', 'bool'), { name: 'next', dtype: 'float32' }],
    });
    const loop = graphOf({
      inputs: [x],
      constants: new Map([['turns', int(4)]]),
      nodes: [step('Loop', ['turns', '', 'x'], ['last'], { body: { type: 'graph', value: body } })],
    });
    expect(infer(loop).get('last')?.dims).toEqual(['N', '?last_1', 'T']);
    await agrees(loop);
  });

  test('gives a Scan over time its shapes', async () => {
    const body = graphOf({
      name: 'body',
      inputs: [value('state', 'float32', 'N', 3), value('now', 'float32', 'N', 3)],
      nodes: [step('Add', ['state', 'now'], ['next']), step('Relu', ['next'], ['out'])],
      outputs: [value('next', 'float32', 'N', 3), value('out', 'float32', 'N', 3)],
    });
    const scan = graphOf({
      inputs: [value('start', 'float32', 'N', 3), value('xs', 'float32', 'T', 'N', 3)],
      nodes: [
        step('Scan', ['start', 'xs'], ['last', 'all'], {
          body: { type: 'graph', value: body },
          num_scan_inputs: { type: 'int', value: 1 },
          scan_output_axes: { type: 'ints', value: [1] },
        }),
      ],
    });
    expect(infer(scan).get('all')?.dims).toEqual(['N', 'T', 3]);
    await agrees(scan);
  });
});

test('infer names unnamed dims, the first of every input as the batch', () => {
  const inputs = [value('a', 'float32', '', 3, '?'), value('b', 'int64', -1, 'batch-size', 'past + T')];
  const values = infer(graphOf({ inputs }));
  expect(values.get('a')?.dims).toEqual(['N', 3, 'a_2']);
  expect(values.get('b')?.dims).toEqual(['N', 'batch_size', 'T+past']);
});

test('infer gives outputs of an unknown operator an unknown shape', () => {
  const node: Node = { ...step('Frobnicate', ['x'], ['y', 'z']), domain: 'my.domain' };
  expect(inferNode(node, [{ dtype: 'int64', dims: [2] }])).toEqual([{ dtype: 'int64' }, { dtype: 'int64' }]);
});

test('infer continues after tensors of unknown rank', () => {
  const mystery: Inferred = { dtype: 'float32' };
  const known: Inferred = { dtype: 'float32', dims: ['N', 3] };
  for (const op of ['Add', 'MatMul', 'Concat', 'Softmax', 'Flatten', 'Transpose', 'GlobalAveragePool', 'Split']) {
    for (const inputs of [
      [mystery, known],
      [known, mystery],
      [mystery, mystery],
    ]) {
      expect(inferNode(step(op, ['a', 'b'], ['y']), inputs)[0]?.dtype).toBe('float32');
    }
  }
});

test.each<[string, readonly (Operand | undefined)[], Record<string, number | readonly number[]>, RegExp]>([
  ['Add', [float(2, 3), float(4)], {}, /the shapes \[2, 3\] and \[4\] cannot be broadcast/],
  ['Conv', [float('N', 3, 8, 8), float(4, 5, 3, 3)], {}, /the channels of input and kernel differ: 3 and 5/],
  ['Conv', [float('N', 3, 2, 2), float(4, 3, 3, 3)], {}, /a window of 3 does not fit/],
  ['MatMul', [float(2, 3), float(4, 5)], {}, /the inner dims .* differ: 3 and 4/],
  ['Gemm', [float(2, 3, 4), float(4, 5)], {}, /A has \[2, 3, 4\], expected 2 dimensions/],
  ['Concat', [float(2, 3), float(2, 4)], { axis: 0 }, /the dims of axis 1 differ: 3 and 4/],
  ['Reshape', [float(2, 3), ints(4, 2)], {}, /\[2, 3\] cannot take the shape \[4, 2\]/],
  ['Transpose', [float(2, 3)], { perm: [0, 0] }, /names an axis twice/],
  ['Softmax', [undefined], {}, /its input 0 is missing/],
  ['Gather', [float(2, 3), ints(3)], { axis: 1 }, /index 3 is outside of axis 1/],
  ['Unsqueeze', [float(2, 3), ints(7)], {}, /axis 7 does not exist in 3 dimensions/],
  ['Unsqueeze', [float(2, 3), constant('float64', [1], [0.5])], {}, /axis 0.5 is not a whole number/],
  ['Gather', [float(2, 3), constant('float64', [1], [0.5])], { axis: 1 }, /index 0.5 is outside of axis 1/],
  ['Squeeze', [float(2, 3), ints(1)], {}, /axis 1 of \[2, 3\] is not 1/],
  ['Slice', [float(2, 3), ints(0), ints(1), ints(0), ints(0)], {}, /its steps may not be 0/],
  ['Cast', [float(2)], { to: 8 }, /the element type 8 is not supported/],
  ['ConstantOfShape', [ints(-2)], {}, /is negative/],
])('%s refuses contradictory inputs', (op, inputs, attributes, message) => {
  const node = nodeOf({ op, inputs, attributes });
  const attempt = () => inferNode(node, inputs.map(typeOf));
  expect(attempt).toThrow(message);
  expect(attempt).toThrow(
    expect.objectContaining({ code: 'invalid_model', message: expect.stringContaining(`the_${op}`) }),
  );
});

test('infer tracks integer contents up to a size', () => {
  const small = constant('float32', [4096], new Array(4096).fill(1));
  const large = filled({ dtype: 'float32', dims: [4097] }, 0);
  const values = infer(
    graphOf({
      constants: new Map([
        ['small', small],
        ['large', large],
      ]),
      nodes: [step('Neg', ['small'], ['y'])],
    }),
  );
  expect(values.get('y')?.value?.length).toBe(4096);
  expect(values.get('large')?.value).toBeUndefined();
});

test('infer reads shared nodes again for other inputs and constants', () => {
  const nodes = [step('Reshape', ['x', 'shape'], ['y']), step('Relu', ['y'], ['z'])];
  const shaped = (batch: Dim, ...to: number[]) =>
    infer(
      graphOf({
        inputs: [{ name: 'x', dtype: 'float32', dims: [batch, 6] }],
        constants: new Map([['shape', constant('int64', [to.length], to)]]),
        nodes,
      }),
    ).get('z')?.dims;
  expect(shaped('N', 0, 3, 2)).toEqual(['N', 3, 2]);
  expect(shaped('N', 0, 2, 3)).toEqual(['N', 2, 3]);
  expect(shaped(4, 0, 2, 3)).toEqual([4, 2, 3]);
  expect(shaped('N', 0, 3, 2)).toEqual(['N', 3, 2]);
});

test('a TreeEnsemble gives numbers of the dtype that it takes', () => {
  const node = { ...nodeOf({ op: 'TreeEnsemble', inputs: [], attributes: { n_targets: 2 } }), domain: 'ai.onnx.ml' };
  expect(inferNode(node, [{ dtype: 'float64', dims: ['N', 3] }])).toEqual([{ dtype: 'float64', dims: ['N', 2] }]);
});
