import { describe, expect, it } from 'vitest';
import { playersOf } from '../../../src/core/columns/players.ts';
import { traceColumns } from '../../../src/core/columns/trace.ts';
import { int, ints, strings } from '../../../src/core/onnx/attributes.ts';
import { makeConstant } from '../../../src/core/onnx/constant.ts';
import type { Attribute, Constant, Graph, Node, ValueInfo } from '../../../src/core/onnx/graph.ts';

const ml = (op: string, inputs: string[], output: string, attributes: Record<string, Attribute> = {}): Node => ({
  name: op,
  op,
  domain: 'ai.onnx.ml',
  inputs,
  outputs: [output],
  attributes,
});
const plain = (
  op: string,
  inputs: string[],
  outputs: string | string[],
  attributes: Record<string, Attribute> = {},
): Node => ({ name: op, op, domain: '', inputs, outputs: [outputs].flat(), attributes });

const matrix = (columns: number): ValueInfo[] => [{ name: 'x', dtype: 'float32', dims: ['N', columns] }];

function graph(inputs: ValueInfo[], nodes: Node[], constants: Record<string, Constant> = {}): Graph {
  return {
    name: 'g',
    opsets: { '': 21, 'ai.onnx.ml': 3 },
    inputs,
    outputs: [],
    constants: new Map(Object.entries(constants)),
    nodes,
  };
}

/** For each column of a tensor the source columns that it depends on, as text. */
const origins = (model: Graph, tensor: string): string =>
  traceColumns(model)
    .columns(tensor)
    .origins.map(({ sources }) => sources.join('+'))
    .join(' ');

const list = (...values: number[]): Constant => makeConstant('int64', [values.length], values);

describe('traceColumns', () => {
  it('numbers the columns of all inputs consecutively', () => {
    const inputs: ValueInfo[] = [
      ...matrix(2),
      { name: 'age', dtype: 'float32', dims: ['N', 1] },
      { name: 'flag', dtype: 'int64', dims: ['N'] },
    ];
    const { sources } = traceColumns(graph(inputs, []));
    expect(sources).toEqual([
      { input: 'x', element: 0 },
      { input: 'x', element: 1 },
      { input: 'age', element: 0 },
      { input: 'flag', element: 0 },
    ]);
  });

  it('follows selected, split, concatenated and reordered columns', () => {
    const model = graph(
      matrix(4),
      [
        ml('ArrayFeatureExtractor', ['x', 'picks'], 'picked'),
        plain('Slice', ['x', 'one', 'three', 'one'], 'cut'),
        plain('Split', ['x', 'sizes'], ['left', 'right'], { axis: int(1) }),
        plain('Gather', ['x', 'last'], 'gathered', { axis: int(1) }),
        plain('Concat', ['picked', 'cut', 'right', 'gathered'], 'all', { axis: int(-1) }),
      ],
      { picks: list(3, 0), one: list(1), three: list(3), sizes: list(1, 3), last: list(-1) },
    );
    expect(origins(model, 'all')).toBe('3 0 1 2 1 2 3 3');
    expect(origins(model, 'left')).toBe('0');
  });

  it('traces one-hot columns to their source column, with its categories', () => {
    const inputs: ValueInfo[] = [
      { name: 'city', dtype: 'int64', dims: ['N', 1] },
      { name: 'job', dtype: 'int64', dims: ['N', 1] },
    ];
    const model = graph(
      inputs,
      [
        ml('OneHotEncoder', ['city'], 'a', { cats_int64s: ints([3, 5, 8]), zeros: int(0) }),
        ml('OneHotEncoder', ['job'], 'b', { cats_strings: strings(['baker', 'nurse']), zeros: int(1) }),
        plain('Concat', ['a', 'b'], 'both', { axis: int(-1) }),
        plain('Reshape', ['both', 'shape'], 'flat'),
      ],
      { shape: list(-1, 5) },
    );
    const { sources } = traceColumns(model);
    expect(origins(model, 'flat')).toBe('0 0 0 1 1');
    expect(sources[0]).toMatchObject({ categories: [3, 5, 8], unknownAllowed: false });
    expect(sources[1]).toMatchObject({ categories: ['baker', 'nurse'], unknownAllowed: true });
  });

  it('records which columns are imputed first', () => {
    const model = graph(
      matrix(2),
      [
        ml('ArrayFeatureExtractor', ['x', 'first'], 'a'),
        ml('Imputer', ['a'], 'b'),
        ml('Scaler', ['x'], 'c'),
        ml('Imputer', ['c'], 'd'),
      ],
      { first: list(0) },
    );
    expect(traceColumns(model).sources.map(({ imputed }) => imputed)).toEqual([true, undefined]);
  });

  it('combines operands column by column with ONNX broadcasting', () => {
    const model = graph(
      matrix(2),
      [
        plain('Sub', ['x', 'mean'], 'centred'),
        ml('ArrayFeatureExtractor', ['x', 'first'], 'a'),
        plain('Mul', ['centred', 'a'], 'product'),
      ],
      { mean: makeConstant('float32', [1, 2], [1, 2]), first: list(0) },
    );
    expect(origins(model, 'centred')).toBe('0 1');
    expect(origins(model, 'product')).toBe('0 0+1');
  });

  it('names the operator that mixes columns, and ignores zeros of a matrix', () => {
    const model = graph(matrix(3), [plain('MatMul', ['x', 'm'], 'y'), ml('Normalizer', ['x'], 'z')], {
      m: makeConstant('float32', [3, 2], [1, 0, 0, 1, 0, 1]),
    });
    expect(origins(model, 'y')).toBe('0 1+2');
    const { columns, sources } = traceColumns(model);
    expect(playersOf(columns('y'), sources, [0]).of[0]).toBe(0);
    expect(() => playersOf(columns('y'), sources, [0, 1])).toThrow(/^MatMul mixes 2 columns of the table/);
    expect(() => playersOf(columns('z'), sources, [1])).toThrow(/^Normalizer mixes 3 columns/);
  });

  it('names an operator without a rule as the reason for refusal', () => {
    const model = graph(matrix(2), [plain('TopK', ['x', 'k'], ['top', 'where']), plain('Neg', ['top'], 'y')], {
      k: list(1),
    });
    expect(() => traceColumns(model).columns('y')).toThrow(/cannot be followed through TopK "TopK"/);
    expect(() => traceColumns(model).columns('nothing')).toThrow(/No columns are known of a tensor named "nothing"/);
  });
});
