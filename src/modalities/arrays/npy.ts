/** Reader and writer of NumPy's `.npy` files. */
import { arrayType, bytesPerElement, type DataType, sizeOf, type Tensor, tensor } from '../../core/tensor/tensor.ts';
import { invalidArray, NPY_MAGIC, type NpyHeader, readNpyHeader } from './npy-header.ts';

/**
 * Tensor of a `.npy` file: booleans, integers and floats of any size and byte order, in C or Fortran order. The result
 * is in C order; float16 stays as its 16 bits, as everywhere in this project.
 * @param name of the file, for messages
 * @throws WhylightError `invalid_tensor` when the bytes are no such file, are cut off, or hold no numbers.
 * @example
 * readNpy(await readFile('x.npy'), 'x.npy').dims;
 */
export function readNpy(bytes: Uint8Array, name = 'the array'): Tensor {
  const header = readNpyHeader(bytes, name);
  const { dims, itemSize, offset, dtype } = header;
  const wanted = sizeOf(dims) * itemSize;
  const there = bytes.length - offset;
  if (there !== wanted) {
    throw invalidArray(
      `${name} is [${dims.join(', ')}] of ${dtype}, which takes ${wanted} bytes, but ${there} follow its header. ${there < wanted ? 'It is cut off.' : 'Something else was added to it.'}`,
      { name, dims, dtype, expected: wanted, given: there },
    );
  }
  // Copied: the elements need an aligned buffer of their own. A Node Buffer's slice() would not copy.
  const data = new Uint8Array(bytes.subarray(offset));
  if (header.bigEndian) swapBytes(data, itemSize);
  const array = new (arrayType(dtype))(data.buffer, 0, sizeOf(dims));
  return tensor(dtype, dims, header.fortranOrder ? toRowMajor(array, header) : (array as never));
}

function swapBytes(bytes: Uint8Array, itemSize: number): void {
  for (let at = 0; at < bytes.length; at += itemSize) bytes.subarray(at, at + itemSize).reverse();
}

/** Elements in C order of an array whose first axis runs fastest. */
function toRowMajor<A extends InstanceType<ReturnType<typeof arrayType>>>(from: A, { dims, dtype }: NpyHeader): never {
  const to = new (arrayType(dtype))(from.length);
  const strides = dims.map((_, axis) => sizeOf(dims.slice(0, axis)));
  const index = dims.map(() => 0);
  for (let i = 0, at = 0; i < from.length; i++) {
    to[i] = from[at] as never;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      at += strides[axis] as number;
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (dims[axis] as number)) break;
      at -= (strides[axis] as number) * (dims[axis] as number);
      index[axis] = 0;
    }
  }
  return to as never;
}

const DESCR: Readonly<Record<Exclude<DataType, 'bfloat16'>, string>> = {
  float32: '<f4',
  float64: '<f8',
  float16: '<f2',
  int64: '<i8',
  uint64: '<u8',
  int32: '<i4',
  uint32: '<u4',
  int16: '<i2',
  uint16: '<u2',
  int8: '|i1',
  uint8: '|u1',
  bool: '|b1',
};

/**
 * `.npy` file of version 1.0, little-endian, in C order.
 * @throws WhylightError `invalid_tensor` for bfloat16, which NumPy does not have.
 * @example
 * await writeFile('map.npy', writeNpy(float32([2, 2], [1, 2, 3, 4])));
 */
export function writeNpy({ dtype, dims, data }: Tensor): Uint8Array<ArrayBuffer> {
  if (dtype === 'bfloat16') throw invalidArray('NumPy has no bfloat16: cast the tensor to float32 first.');
  const shape = dims.length === 1 ? `(${dims[0]},)` : `(${dims.join(', ')})`;
  const head = `{'descr': '${DESCR[dtype]}', 'fortran_order': False, 'shape': ${shape}, }`;
  // Magic, version and length take ten bytes; the elements begin at a multiple of 64.
  const length = Math.ceil((10 + head.length + 1) / 64) * 64 - 10;
  const out = new Uint8Array(10 + length + data.length * bytesPerElement(dtype));
  out.set([...NPY_MAGIC, 1, 0, length & 255, length >> 8]);
  out.set(new TextEncoder().encode(`${head.padEnd(length - 1)}\n`), 10);
  // Every platform that runs JavaScript engines in use is little-endian, as typed arrays are then.
  out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 10 + length);
  return out;
}
