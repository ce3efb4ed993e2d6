/** Ids that are looked up in several tables: attributions of all of them add up to the score. */
import { describe, expect, it } from 'vitest';
import { plugins } from '#plugins';
import { valuesByInput } from '../../../../src/core/model/embeddings/values-by-input.ts';
import { int } from '../../../../src/core/onnx/attributes.ts';
import { makeConstant } from '../../../../src/core/onnx/constant.ts';
import type { Constant, Dim, Node } from '../../../../src/core/onnx/graph.ts';
import type { Inputs } from '../../../../src/core/tensor/rows.ts';
import { sizeOf, tensor } from '../../../../src/core/tensor/tensor.ts';
import { openGraph } from '../../../../src/testing/models.ts';
import { explainerOf } from '../../../support/classifiers.ts';
import { graphOf, node } from '../../../support/onnx-file.ts';

const explainer = explainerOf(plugins.map(({ method }) => method));

const whole = (...values: number[]): Constant => makeConstant('int64', [values.length], values);
const scalar = (value: number): Constant => makeConstant('int64', [], [value]);
/** Table whose entry `i` is `times * i` in each of its columns. */
const table = (times: number, columns = 1, dtype: 'float32' | 'int8' = 'float32'): Constant =>
  makeConstant(
    dtype,
    [12, columns],
    Array.from({ length: 12 * columns }, (_, i) => times * Math.floor(i / columns)),
  );

/** Opens a model whose score is the sum of all elements of these values. */
function opened(
  nodes: readonly Node[],
  summed: readonly string[],
  constants: Readonly<Record<string, Constant>>,
  inputs: Readonly<Record<string, readonly Dim[]>> = { ids: ['N', 3] },
) {
  const flat = summed.flatMap((name) => [
    node('Flatten', [name], [`${name}/flat`]),
    node('ReduceSum', [`${name}/flat`, 'last'], [`${name}/sum`]),
  ]);
  const graph = graphOf({
    inputs: Object.entries(inputs).map(([name, dims]) => ({ name, dtype: 'int64' as const, dims })),
    outputs: [{ name: 'y', dtype: 'float32', dims: ['N', 1] }],
    constants: new Map(Object.entries({ ones: table(1), tens: table(10), last: whole(-1), ...constants })),
    nodes: [
      ...nodes,
      ...flat,
      node(
        'Sum',
        summed.map((name) => `${name}/sum`),
        ['y'],
      ),
    ],
  });
  return openGraph(graph, { task: 'regression' });
}

/** The attribution of each element of the inputs, and what is missing of the score. */
async function attributed(model: Awaited<ReturnType<typeof opened>>, method: string, inputs: Inputs) {
  const { rows } = await explainer.explain(model, { method, params: {}, target: 0, inputs });
  const [row] = rows;
  if (!row) throw new Error('no row');
  const sizes = (input: string): number => sizeOf(inputs[input]?.dims ?? []);
  const shapes = Object.fromEntries(Object.entries(inputs).map(([name, { dims }]) => [name, dims.slice(1)]));
  const byInput = valuesByInput(model.info({ shapes }).sources, row.values, sizes);
  const values = Object.fromEntries(
    Object.entries(byInput).map(([name, { data }]) => [name, Array.from(data, (value) => Number(value.toFixed(4)))]),
  );
  return { values, delta: row.convergenceDelta };
}

const ids = (...values: number[]): Inputs => ({ ids: tensor('int64', [1, values.length], values) });
const gather = (from: string, by: string, to: string, axis = 0): Node =>
  node('Gather', [from, by], [to], { axis: int(axis) });

describe('sources of gradients', () => {
  it.each(['integrated_gradients', 'input_x_gradient', 'deep_lift', 'gradient_shap', 'guided_ig'])(
    'of ids that two tables hold are both tables, and %s adds up to the score',
    async (method) => {
      const model = await opened([gather('ones', 'ids', 'a'), gather('tens', 'ids', 'b')], ['a', 'b'], {});
      const { values, delta = 0 } = await attributed(model, method, ids(1, 2, 3));
      expect(values.ids).toEqual([11, 22, 33]);
      expect(delta).toBeCloseTo(0, 4);
    },
  );

  it('are added up for each element where tables have different widths', async () => {
    const nodes = [gather('ones', 'ids', 'a'), gather('wide', 'ids', 'b'), gather('flat', 'ids', 'c')];
    const constants = {
      wide: table(5, 2),
      flat: makeConstant(
        'float32',
        [12],
        Array.from({ length: 12 }, (_, i) => i),
      ),
    };
    const model = await opened(nodes, ['a', 'b', 'c'], constants);
    expect((await attributed(model, 'integrated_gradients', ids(1, 2, 3))).values.ids).toEqual([12, 24, 36]);
  });

  it('count one table twice that is looked up twice', async () => {
    const model = await opened([gather('ones', 'ids', 'a'), gather('ones', 'ids', 'b')], ['a', 'b'], {});
    expect((await attributed(model, 'integrated_gradients', ids(1, 2, 3))).values.ids).toEqual([2, 4, 6]);
  });

  it('stand behind the scales of quantised tables', async () => {
    const nodes = [
      gather('codes', 'ids', 'coded'),
      node('DequantizeLinear', ['coded', 'scale', 'zero'], ['a']),
      gather('codes', 'ids', 'byRow'),
      gather('tens', 'ids', 'scales'),
      node('Cast', ['byRow'], ['asFloat'], { to: int(1) }),
      node('Mul', ['asFloat', 'scales'], ['b']),
    ];
    const constants = {
      codes: table(1, 1, 'int8'),
      scale: makeConstant('float32', [], [0.5]),
      zero: makeConstant('int8', [], [0]),
    };
    const model = await opened(nodes, ['a', 'b'], constants);
    expect(model.info().sources.map(({ name }) => name)).toEqual(['a', 'b']);
    expect((await attributed(model, 'integrated_gradients', ids(1, 2, 3))).values.ids).toEqual([10.5, 41, 91.5]);
  });

  it('follow columns that have tables of their own, and ids that are shifted', async () => {
    const nodes = [
      gather('ids', 'first', 'head', 1),
      gather('ones', 'head', 'a'),
      node('Slice', ['ids', 'one', 'end', 'one'], ['tail']),
      node('Pad', ['tail', 'pads'], ['shifted']),
      gather('filled', 'shifted', 'b'),
    ];
    const constants = {
      first: scalar(0),
      one: whole(1),
      end: whole(9),
      pads: whole(0, 0, 0, 1),
      filled: makeConstant('float32', [12, 1], [7, ...Array.from({ length: 11 }, (_, i) => 10 * (i + 1))]),
    };
    const model = await opened(nodes, ['a', 'b'], constants);
    const { values, delta } = await attributed(model, 'integrated_gradients', ids(1, 2, 3));
    // The filling of the gap belongs to no id: its embedding stays as it is.
    expect(values.ids).toEqual([1, 20, 30]);
    expect(delta).toBeCloseTo(0, 4);
  });

  it('share a table that the ids of several inputs are looked up in together', async () => {
    const nodes = [
      node('Concat', ['u', 'v'], ['uv'], { axis: int(1) }),
      gather('ones', 'uv', 'a'),
      gather('tens', 'u', 'b'),
    ];
    const model = await opened(nodes, ['a', 'b'], {}, { u: ['N', 2], v: ['N', 1] });
    const inputs = { u: tensor('int64', [1, 2], [1, 2]), v: tensor('int64', [1, 1], [3]) };
    expect((await attributed(model, 'integrated_gradients', inputs)).values).toEqual({ u: [11, 22], v: [3] });
  });

  it('leave out token types and positions that are computed beside the ids', async () => {
    const nodes = [
      gather('ones', 'ids', 'a'),
      node('Mul', ['ids', 'nothing'], ['types']),
      gather('filled', 'types', 'b'),
      node('Equal', ['ids', 'nothing'], ['isPadding']),
      node('Not', ['isPadding'], ['isToken']),
      node('Cast', ['isToken'], ['counted'], { to: int(7) }),
      node('CumSum', ['counted', 'axis'], ['positions']),
      gather('tens', 'positions', 'c'),
    ];
    const model = await opened(nodes, ['a', 'b', 'c'], {
      nothing: scalar(0),
      axis: scalar(1),
      filled: makeConstant('float32', [12, 1], new Array(12).fill(4)),
    });
    expect(model.info().sources.map(({ name }) => name)).toEqual(['a']);
  });

  it('are refused where a table is looked up by pairs of ids, with the name of the table', async () => {
    const nodes = [
      gather('ones', 'ids', 'a'),
      node('Pad', ['ids', 'pads'], ['wider']),
      node('Slice', ['wider', 'zero', 'three', 'one'], ['before']),
      node('Add', ['ids', 'before'], ['pairs']),
      gather('tens', 'pairs', 'b'),
    ];
    const model = await opened(nodes, ['a', 'b'], {
      pads: whole(0, 1, 0, 0),
      zero: whole(0),
      three: whole(3),
      one: whole(1),
    });
    await expect(attributed(model, 'integrated_gradients', ids(1, 2, 3))).rejects.toMatchObject({
      code: 'unprocessable_method',
      message: expect.stringContaining('The tables "tens" are looked up by numbers'),
    });
    const { values } = await attributed(model, 'feature_ablation', ids(1, 2, 3));
    expect(values.ids).toEqual([21, 42, 33]);
  });
});
