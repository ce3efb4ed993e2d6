import { describe, expect, it } from 'vitest';
import { arrayType, type DataType, tensor } from '../../../src/core/tensor/tensor.ts';
import { readNpy, writeNpy } from '../../../src/modalities/arrays/npy.ts';

/** A file with the given header and elements, as NumPy lays it out. */
function npy(header: string, elements: Uint8Array, version = 1): Uint8Array {
  const text = new TextEncoder().encode(`${header}\n`);
  const start = version === 1 ? 10 : 12;
  const file = new Uint8Array(start + text.length + elements.length);
  file.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0, text.length & 255, text.length >> 8]);
  file.set(text, start);
  file.set(elements, start + text.length);
  return file;
}

const header = (descr: string, shape: string, fortran = 'False') =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }`;

/** Elements of 0, 1, ... in the byte order of the file. */
function counting(dtype: DataType, count: number, bigEndian = false): Uint8Array {
  const array = tensor(
    dtype,
    [count],
    Array.from({ length: count }, (_, i) => i),
  ).data;
  const bytes = new Uint8Array(array.buffer.slice(0));
  if (bigEndian) {
    const size = array.BYTES_PER_ELEMENT;
    for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
  }
  return bytes;
}

describe('NPY files', () => {
  it.each<[string, DataType]>([
    ['<f8', 'float64'],
    ['<f4', 'float32'],
    ['<f2', 'float16'],
    ['|b1', 'bool'],
    ['|i1', 'int8'],
    ['|u1', 'uint8'],
    ['<i2', 'int16'],
    ['<u2', 'uint16'],
    ['<i4', 'int32'],
    ['<u4', 'uint32'],
    ['<i8', 'int64'],
    ['<u8', 'uint64'],
  ])('of dtype %s are read as %s tensors in either byte order', (descr, dtype) => {
    for (const bigEndian of [false, true]) {
      const file = npy(header(bigEndian ? descr.replace('<', '>') : descr, '(2, 3)'), counting(dtype, 6, bigEndian));
      const found = readNpy(file);
      expect(found).toMatchObject({ dtype, dims: [2, 3] });
      expect([...found.data].map(Number)).toEqual([0, 1, 2, 3, 4, 5]);
      expect(found.data).toBeInstanceOf(arrayType(dtype));
    }
  });

  it('in Fortran order are read into C order', () => {
    // Column after column: element [i, j, k] of shape (2, 3, 2) is number i + 2 j + 6 k.
    const { dims, data } = readNpy(npy(header('<i4', '(2, 3, 2)', 'True'), counting('int32', 12)));
    expect(dims).toEqual([2, 3, 2]);
    expect([...data]).toEqual([0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11]);
  });

  it.each([1, 2, 3])('of version %i are read', (version) => {
    expect(readNpy(npy(header('<f4', '(3,)'), counting('float32', 3), version)).dims).toEqual([3]);
  });

  it('of a single number have rank 0', () => {
    expect(readNpy(npy(header('<f4', '()'), counting('float32', 1))).dims).toEqual([]);
  });

  it('are copied from a buffer that holds other bytes too', () => {
    const file = npy(header('<f4', '(2,)'), counting('float32', 2));
    const pool = Buffer.concat([Buffer.alloc(3), file, Buffer.alloc(3)]);
    const found = readNpy(pool.subarray(3, 3 + file.length));
    expect([...found.data]).toEqual([0, 1]);
    expect(found.data.buffer).not.toBe(pool.buffer);
  });

  it.each([
    ['another file', new TextEncoder().encode('1,2,3'), 'is not a .npy file'],
    ['version 4', npy(header('<f4', '(1,)'), counting('float32', 1), 4), 'version 4: versions 1 to 3 are read'],
    ['a cut-off header', npy(header('<f4', '(1,)'), new Uint8Array()).subarray(0, 30), 'cut off within its header'],
    ['no shape', npy(`{'descr': '<f4', 'fortran_order': False}`, counting('float32', 1)), 'lacks "descr"'],
    [
      'too few elements',
      npy(header('<f4', '(2, 2)'), counting('float32', 3)),
      'takes 16 bytes, but 12 follow its header. It is cut off.',
    ],
    ['too many elements', npy(header('<f4', '(2,)'), counting('float32', 3)), 'takes 8 bytes, but 12 follow'],
    [
      'a shape beyond every file',
      npy(header('<f4', '(99999999, 99999999, 99)'), new Uint8Array()),
      'more than any file holds',
    ],
    ['Python objects', npy(header('|O', '(1,)'), new Uint8Array(8)), 'holds Python objects (pickled'],
    ['complex numbers', npy(header('<c8', '(1,)'), new Uint8Array(8)), 'holds complex numbers'],
    ['text', npy(header('<U3', '(1,)'), new Uint8Array(12)), 'holds text'],
    [
      'records',
      npy(`{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (1,), }`, new Uint8Array(4)),
      'holds records',
    ],
    ['long doubles', npy(header('<f16', '(1,)'), new Uint8Array(16)), 'that other machines do not have'],
  ])('are refused with %s', (_, file, message) => {
    expect(() => readNpy(file, 'x.npy')).toThrow(
      expect.objectContaining({ code: 'invalid_tensor', message: expect.stringContaining(message) }),
    );
  });

  it.each<DataType>(['float32', 'float64', 'float16', 'int64', 'uint8', 'bool'])(
    'of %s that were written are read back',
    (dtype) => {
      for (const dims of [[], [4], [2, 2], [0, 3]]) {
        const count = dims.reduce((n, d) => n * d, 1);
        const written = writeNpy(
          tensor(
            dtype,
            dims,
            Array.from({ length: count }, (_, i) => i % 2),
          ),
        );
        expect(written.length % 64).toBe((count * arrayType(dtype).BYTES_PER_ELEMENT) % 64);
        expect(readNpy(written)).toEqual(
          tensor(
            dtype,
            dims,
            Array.from({ length: count }, (_, i) => i % 2),
          ),
        );
      }
    },
  );

  it('do not support bfloat16', () => {
    expect(() => writeNpy(tensor('bfloat16', [1]))).toThrow('NumPy has no bfloat16');
  });
});
