/** Ids that a table does not have, behind the arithmetic that exporters and feature columns put in front of it. */
import { describe, expect, it } from 'vitest';
import { idTables, unknownId } from '../../../src/core/model/id-tables.ts';
import { int } from '../../../src/core/onnx/attributes.ts';
import { makeConstant } from '../../../src/core/onnx/constant.ts';
import type { Constant, Node } from '../../../src/core/onnx/graph.ts';
import { graphOf, node } from '../../support/onnx-file.ts';

const whole = (...values: number[]): Constant => makeConstant('int64', [values.length], values);
const scalar = (value: number): Constant => makeConstant('int64', [], [value]);
const table = (entries: number): Constant => makeConstant('float32', [entries, 2], new Array(entries * 2).fill(0));

/** First id among `data` that a graph of these nodes does not know; its input "ids" has three columns. */
function firstUnknown(
  nodes: readonly Node[],
  constants: Readonly<Record<string, Constant>>,
  data: readonly number[],
  dtype: 'int64' | 'float32' = 'int64',
) {
  const graph = graphOf({
    inputs: [{ name: 'ids', dtype, dims: ['N', 3] }],
    constants: new Map(Object.entries(constants)),
    nodes,
  });
  return unknownId(idTables(graph).get('ids') ?? [], data, 3);
}

const lookup = (ids: string, entries = 'table') => node('Gather', [entries, ids], [`${ids}/rows`]);

describe('unknownId', () => {
  it('finds an id beyond the table, and one that counts back beyond its first entry', () => {
    expect(firstUnknown([lookup('ids')], { table: table(10) }, [0, 9, 10])).toMatchObject({ element: 2, entry: 10 });
    expect(firstUnknown([lookup('ids')], { table: table(10) }, [-10, -11, 0])).toMatchObject({ element: 1, id: -11 });
  });

  it('follows a number that is added to every id', () => {
    const nodes = [node('Sub', ['ids', 'one'], ['shifted']), lookup('shifted')];
    expect(firstUnknown(nodes, { table: table(10), one: scalar(1) }, [1, 10, 3])).toBeUndefined();
    expect(firstUnknown(nodes, { table: table(10), one: scalar(1) }, [1, 11, 3])).toEqual({
      element: 1,
      id: 11,
      entry: 10,
      entries: 10,
    });
  });

  it('follows an offset for each column, as tables of features share one table of entries', () => {
    const nodes = [node('Add', ['ids', 'offsets'], ['at']), lookup('at')];
    const constants = { table: table(12), offsets: whole(0, 4, 9) };
    expect(firstUnknown(nodes, constants, [3, 4, 2])).toBeUndefined();
    expect(firstUnknown(nodes, constants, [11, 7, 3])).toMatchObject({ element: 2, id: 3, entry: 12 });
  });

  it('knows that wrapped, clipped and hashed ids are always entries', () => {
    const ten = { table: table(10), zero: scalar(0), nine: scalar(9), ten: scalar(10) };
    const wrapped = [
      node('Less', ['ids', 'zero'], ['below']),
      node('Add', ['ids', 'ten'], ['above']),
      node('Where', ['below', 'above', 'ids'], ['wrapped']),
      lookup('wrapped'),
    ];
    expect(firstUnknown(wrapped, ten, [-10, 9, 0])).toBeUndefined();
    expect(firstUnknown(wrapped, ten, [0, 10, 0])).toMatchObject({ element: 1 });
    expect(firstUnknown([node('Mod', ['ids', 'ten'], ['m']), lookup('m')], ten, [99, -99, 5])).toBeUndefined();
    const clipped = [node('Clip', ['ids', 'zero', 'nine'], ['c']), lookup('c')];
    expect(firstUnknown(clipped, ten, [1000, -1000, 5])).toBeUndefined();
  });

  it.each([
    ['Slice', node('Slice', ['ids', 'one', 'two', 'last'], ['picked'])],
    ['Gather', node('Gather', ['ids', 'one'], ['picked'], { axis: int(1) })],
    ['Split', node('Split', ['ids'], ['', 'picked', ''], { axis: int(-1), num_outputs: int(3) })],
  ])('holds each column that %s picks against its own table', (_, pick) => {
    const constants = { table: table(5), one: whole(1), two: whole(2), last: whole(-1) };
    expect(firstUnknown([pick, lookup('picked')], constants, [99, 4, 99])).toBeUndefined();
    expect(firstUnknown([pick, lookup('picked')], constants, [0, 5, 0])).toMatchObject({ element: 1, entries: 5 });
  });

  it('takes the whole part of numbers that are cast to ids', () => {
    const nodes = [node('Cast', ['ids'], ['whole'], { to: int(6) }), lookup('whole')];
    expect(firstUnknown(nodes, { table: table(10) }, [9.9, 0, 1], 'float32')).toBeUndefined();
    expect(firstUnknown(nodes, { table: table(10) }, [10, 0, 1], 'float32')).toMatchObject({ entry: 10 });
  });

  it('says nothing where the lookup depends on more than the element', () => {
    const nodes = [node('Add', ['ids', 'elsewhere'], ['at']), lookup('at')];
    expect(firstUnknown(nodes, { table: table(10) }, [99, 99, 99])).toBeUndefined();
  });

  it('knows the tables of words and of segments of a fused embedding', () => {
    const nodes = [node('EmbedLayerNormalization', ['ids', '', 'words', 'places'], ['e', 'm'], {}, 'com.microsoft')];
    const constants = { words: table(7), places: table(3) };
    expect(firstUnknown(nodes, constants, [6, 6, 6])).toBeUndefined();
    expect(firstUnknown(nodes, constants, [6, 7, 6])).toMatchObject({ element: 1, entries: 7 });
  });
});
