import { describe, expect, it } from 'vitest';
import { floatList, intList, intsAttribute, stringsAttribute } from '../../../src/core/onnx/attributes.ts';
import { EncodedList } from '../../../src/core/onnx/encoded-list.ts';
import { read } from '../../../src/core/onnx/read.ts';
import { write } from '../../../src/core/onnx/write.ts';
import { graphOf, numbers, randomTree, regressor } from '../trees/ensembles.ts';

describe('EncodedList', () => {
  it('reads integers of one to ten bytes, entry by entry and packed', () => {
    const entries = [
      [0],
      [0x7f],
      [0x80, 0x01],
      [0xff, 0xff, 0xff, 0xff, 0x07],
      [0x80, 0x80, 0x80, 0x80, 0x08],
      [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f],
      [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
      [0x80, 0x80, 0x80, 0x80, 0xf8, 0xff, 0xff, 0xff, 0xff, 0x01],
    ];
    const expected = [0, 127, 128, 2 ** 31 - 1, 2 ** 31, Number.MAX_SAFE_INTEGER, -1, -(2 ** 31)];
    const single = new EncodedList('ints', Uint8Array.from(entries.flatMap((entry) => [0x40, ...entry])));
    const packed = new EncodedList('ints', Uint8Array.from([0x42, entries.flat().length, ...entries.flat()]));
    for (const list of [single, packed]) {
      expect(list.count()).toBe(expected.length);
      expect(Array.from(list.ints())).toEqual(expected);
    }
    expect(new EncodedList('ints', Uint8Array.of(0x40, 5, 0x40, 6)).ints()).toEqual(Int32Array.of(5, 6));
  });

  it('reads floats entry by entry and packed, and texts as one string for equal ones', () => {
    const bits = new Uint8Array(Float32Array.of(1.5, -2).buffer);
    const single = Uint8Array.of(0x3d, ...bits.subarray(0, 4), 0x3d, ...bits.subarray(4));
    expect(new EncodedList('floats', single).floats()).toEqual(Float32Array.of(1.5, -2));
    expect(new EncodedList('floats', Uint8Array.of(0x3a, 8, ...bits)).floats()).toEqual(Float32Array.of(1.5, -2));
    const texts = Uint8Array.of(0x4a, 2, 0x68, 0x69, 0x4a, 0, 0x4a, 2, 0x68, 0x69);
    expect(new EncodedList('strings', texts).texts()).toEqual(['hi', '', 'hi']);
  });

  it('refuses a list that is cut off', () => {
    expect(() => new EncodedList('floats', Uint8Array.of(0x3d, 0, 0)).floats()).toThrow(
      'The list of floats is cut off.',
    );
  });
});

describe('read', () => {
  const draw = numbers(9);
  const node = regressor(Array.from({ length: 200 }, () => randomTree(draw, 4, 6)));
  const { graph: file } = write(graphOf(node, 4));

  it('leaves the long lists of tree ensembles encoded, and reads the same numbers from them', () => {
    const [trees] = read(file).nodes;
    expect(trees?.attributes.nodes_treeids?.type).toBe('encoded');
    expect(trees?.attributes.n_targets?.type).toBe('int');
    for (const [name, { type, value }] of Object.entries(node.attributes)) {
      if (!trees) throw new Error('The graph has no node.');
      if (type === 'ints') {
        expect(intsAttribute(trees, name)).toEqual(value);
        expect(Array.from(intList(trees, name))).toEqual(value);
      }
      if (type === 'floats') expect(Array.from(floatList(trees, name))).toEqual(value.map(Math.fround));
      if (type === 'strings') expect(stringsAttribute(trees, name)).toEqual(value);
    }
  });

  it('gives a graph that is written as the same bytes again', () => {
    expect(write(read(file)).graph).toEqual(file);
  });

  it('refuses a file that ends inside of a list', () => {
    expect(() => read(file.subarray(0, file.length / 2))).toThrow('damaged or cut off');
  });
});
