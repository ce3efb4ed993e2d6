/**
 * The header of NumPy's `.npy` files.
 * @see NumPy Enhancement Proposal 1, and numpy.lib.format for versions 2 and 3
 */
import { quoted, WhylightError } from '../../core/errors.ts';
import { type DataType, sizeOf } from '../../core/tensor/tensor.ts';

export interface NpyHeader {
  readonly dtype: DataType;
  /** Bytes of an element in the file: those of `dtype`. */
  readonly itemSize: number;
  readonly bigEndian: boolean;
  /** True if elements are in column-major order: the first axis varies fastest. */
  readonly fortranOrder: boolean;
  readonly dims: readonly number[];
  /** First byte of the elements. */
  readonly offset: number;
}

export const NPY_MAGIC = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59);
const MAX_HEADER = 65_536;
const MAX_AXES = 32;

/** Element types by the letter and the size that NumPy gives them. */
const TYPES: Readonly<Record<string, DataType>> = {
  b1: 'bool',
  i1: 'int8',
  u1: 'uint8',
  i2: 'int16',
  u2: 'uint16',
  i4: 'int32',
  u4: 'uint32',
  i8: 'int64',
  u8: 'uint64',
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
};
/** Reasons for the kinds of elements that are refused, by their letter. */
const REFUSED: Readonly<Record<string, string>> = {
  O: 'Python objects (pickled, which would run code); save an array of numbers',
  c: 'complex numbers; save real and imaginary parts',
  U: 'text; save an array of numbers',
  S: 'text; save an array of numbers',
  V: 'records; save an array of numbers',
  M: 'dates; save an array of numbers',
  m: 'spans of time; save an array of numbers',
  f: 'floating-point numbers of a size that other machines do not have; save float64',
};

/** Error about an array file. */
export const invalidArray = (message: string, details: Readonly<Record<string, unknown>> = {}): WhylightError =>
  new WhylightError('invalid_tensor', message, details);

/**
 * Header of a file of version 1, 2 or 3.
 * @param name of the file or the entry, for messages
 * @throws WhylightError `invalid_tensor` when the bytes are no such file, or hold elements that are no numbers.
 */
export function readNpyHeader(bytes: Uint8Array, name: string): NpyHeader {
  if (!NPY_MAGIC.every((byte, i) => bytes[i] === byte)) {
    throw invalidArray(`${name} is not a .npy file: it does not begin with "\\x93NUMPY".`, { name });
  }
  const version = bytes[6] as number;
  if (!(version >= 1 && version <= 3)) {
    throw invalidArray(`${name} is a .npy file of version ${version}: versions 1 to 3 are read.`, { name, version });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = version === 1 ? 10 : 12;
  if (bytes.length < start) throw invalidArray(`${name} is cut off within its header.`, { name });
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MAX_HEADER) {
    throw invalidArray(`${name} says that its header has ${length} bytes: at most ${MAX_HEADER} are read.`, {
      name,
      length,
    });
  }
  if (start + length > bytes.length) throw invalidArray(`${name} is cut off within its header.`, { name });
  const text = new TextDecoder(version === 3 ? 'utf-8' : 'latin1').decode(bytes.subarray(start, start + length));
  return { ...parseHeader(text, name), offset: start + length };
}

/** The header is a Python dictionary of three entries. */
function parseHeader(text: string, name: string): Omit<NpyHeader, 'offset'> {
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1];
  const shape = /'shape'\s*:\s*\(([\d\sL,]*)\)/.exec(text)?.[1];
  const descr = /'descr'\s*:\s*('([^']*)'|\[)/.exec(text);
  if (!order || shape === undefined || !descr) {
    throw invalidArray(`The header of ${name} lacks "descr", "fortran_order" or "shape": ${quoted(text.trim())}.`, {
      name,
    });
  }
  const parts = /^([<>=|]?)([a-zA-Z])(\d*)/.exec(descr[2] ?? '|V');
  const [, endian = '', letter = 'V', size = ''] = parts ?? [];
  const dtype = TYPES[letter + size];
  if (!dtype) {
    const what = REFUSED[letter] ?? 'elements of an unknown kind';
    throw invalidArray(`${name} holds ${what} (dtype ${quoted(descr[2] ?? 'of records')}).`, { name, dtype: descr[2] });
  }
  const dims = (shape.match(/\d+/g) ?? []).map(Number);
  checkDims(dims, name);
  return { dtype, itemSize: Number(size), bigEndian: endian === '>', fortranOrder: order === 'True', dims };
}

function checkDims(dims: readonly number[], name: string): void {
  if (dims.length > MAX_AXES) {
    throw invalidArray(`${name} has ${dims.length} axes: at most ${MAX_AXES} are read.`, { name, axes: dims.length });
  }
  if (!Number.isSafeInteger(sizeOf(dims))) {
    throw invalidArray(`${name} says shape [${dims.join(', ')}], which is more than any file holds.`, { name, dims });
  }
}
