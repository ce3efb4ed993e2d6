/**
 * JSON with tensors in it, as bytes, exactly: a magic number and the length of the JSON part (both uint32,
 * little-endian), the JSON part with each tensor replaced by its type, shape and place, then the elements of all tensors,
 * each starting at a multiple of eight bytes.
 */
import { arrayType, bytesPerElement, type DataType, sizeOf, type Tensor } from '../core/tensor/tensor.ts';

const MAGIC = 0x33_58_4c_57; // "WLX3"
const HEADER = 8;

/** Placeholder of a tensor in the JSON part. */
interface Place {
  readonly $tensor: DataType;
  readonly dims: readonly number[];
  /** First byte, counted from where the elements start. */
  readonly at: number;
  /** The elements alone were packed, without a type and a shape. */
  readonly bare?: true;
}

/** @param value what JSON can hold, NaN, infinities and tensors; what is undefined is left out */
export function pack(value: object): Uint8Array<ArrayBuffer> {
  const tensors: { readonly at: number; readonly data: Tensor['data'] }[] = [];
  let size = 0;
  const spell = (_: string, item: unknown): unknown => {
    if (typeof item === 'number' && !Number.isFinite(item)) return { $number: String(item) };
    // Bare indices, such as those of features, come back as the data of a tensor.
    const whole = item instanceof Int32Array ? ({ dtype: 'int32', dims: [item.length], data: item } as const) : item;
    if (!isTensor(whole)) return item;
    const at = size;
    tensors.push({ at, data: whole.data });
    size = aligned(size + whole.data.byteLength);
    const place: Place = { $tensor: whole.dtype, dims: whole.dims, at };
    return whole === item ? place : { ...place, bare: true };
  };
  const json = new TextEncoder().encode(JSON.stringify(value, spell));
  const start = aligned(HEADER + json.length);
  const out = new Uint8Array(start + size);
  out.set(new Uint8Array(Uint32Array.of(MAGIC, json.length).buffer));
  out.set(json, HEADER);
  for (const { at, data } of tensors) {
    out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start + at);
  }
  return out;
}

/**
 * Tensors may be views of the bytes.
 * @returns undefined for bytes that {@link pack} has not made: what lies in a cache may be damaged or of an older form. The
 * type is the caller's word for what was packed.
 */
export function unpack<T extends object>(bytes: Uint8Array): T | undefined {
  try {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (view.getUint32(0, true) !== MAGIC) return undefined;
    const length = view.getUint32(4, true);
    const elements = bytes.subarray(aligned(HEADER + length));
    let size = 0;
    const read = (_: string, item: unknown): unknown => {
      if (typeof item !== 'object' || item === null) return item;
      if ('$number' in item) return Number(item.$number);
      if (!('$tensor' in item)) return item;
      const { $tensor: dtype, dims, at, bare } = item as Place;
      const end = at + sizeOf(dims) * bytesPerElement(dtype);
      if (end > elements.length) throw new RangeError('The bytes end before the tensor does.');
      size = Math.max(size, aligned(end));
      // A view where its start allows one: large answers are read far more often than they are changed.
      const own = elements.subarray(at, end);
      const { buffer, byteOffset } = own.byteOffset % 8 === 0 ? own : own.slice();
      const data = new (arrayType(dtype))(buffer as ArrayBuffer, byteOffset, sizeOf(dims));
      return bare ? data : { dtype, dims, data };
    };
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
    const value = JSON.parse(text.decode(bytes.subarray(HEADER, HEADER + length)), read) as T;
    return elements.length === size ? value : undefined;
  } catch {
    return undefined;
  }
}

const aligned = (bytes: number): number => (bytes + 7) & ~7;

const isTensor = (item: unknown): item is Tensor =>
  typeof item === 'object' &&
  item !== null &&
  'dtype' in item &&
  'dims' in item &&
  'data' in item &&
  ArrayBuffer.isView(item.data);
