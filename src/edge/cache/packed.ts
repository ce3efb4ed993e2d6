/**
 * An explanation as bytes, exactly: a magic number and the length of a JSON part (both uint32, little-endian), the JSON
 * part with each tensor replaced by its shape and place, then the float32 values.
 */
import type { ExplainedRow, Explanation } from '../../core/explainer.ts';
import { float32, sizeOf, type Tensor } from '../../core/tensor/tensor.ts';

const MAGIC = 0x32_58_4c_57; // "WLX2"
const HEADER = 8;

interface PackedTensor {
  readonly dims: readonly number[];
  /** Index of the first value. */
  readonly at: number;
}
type PackedRow = Omit<ExplainedRow, 'values' | 'map'> & {
  readonly values: Readonly<Record<string, PackedTensor>>;
  readonly map?: PackedTensor;
};
type Packed = Omit<Explanation, 'rows'> & { readonly rows: readonly PackedRow[]; readonly size: number };

export function pack(explanation: Explanation): Uint8Array {
  const tensors: Float32Array[] = [];
  let size = 0;
  const add = ({ dims, data }: Tensor<'float32'>): PackedTensor => {
    const at = size;
    tensors.push(data);
    size += data.length;
    return { dims, at };
  };
  const rows = explanation.rows.map(({ values, map, ...row }) => ({
    ...row,
    values: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, add(value)])),
    ...(map && { map: add(map) }),
  }));
  const json = new TextEncoder().encode(JSON.stringify({ ...explanation, rows, size } satisfies Packed, spellNumber));
  const start = alignedEnd(json.length);
  const out = new Uint8Array(start + size * 4);
  out.set(new Uint8Array(Uint32Array.of(MAGIC, json.length).buffer));
  out.set(json, HEADER);
  const floats = new Float32Array(out.buffer, start);
  let at = 0;
  for (const data of tensors) {
    floats.set(data, at);
    at += data.length;
  }
  return out;
}

/** @returns undefined for bytes that {@link pack} has not made: what lies in a cache may be damaged or of an older form. */
export function unpack(bytes: Uint8Array): Explanation | undefined {
  try {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (view.getUint32(0, true) !== MAGIC) return undefined;
    const length = view.getUint32(4, true);
    const { rows, size, ...rest } = JSON.parse(
      new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes.subarray(HEADER, HEADER + length)),
      readNumber,
    ) as Packed;
    const start = alignedEnd(length);
    if (bytes.byteLength !== start + size * 4) return undefined;
    const floats = new Float32Array(bytes.slice(start).buffer);
    const tensor = ({ dims, at }: PackedTensor) => float32(dims, floats.subarray(at, at + sizeOf(dims)));
    return {
      ...rest,
      rows: rows.map(({ values, map, ...row }) => ({
        ...row,
        values: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, tensor(value)])),
        ...(map && { map: tensor(map) }),
      })),
    };
  } catch {
    return undefined;
  }
}

/** Where the values start: floats lie at multiples of four bytes. */
const alignedEnd = (jsonLength: number): number => (HEADER + jsonLength + 3) & ~3;

// JSON has no NaN and no infinity; a score may be one.
const spellNumber = (_: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? { $number: String(value) } : value;
const readNumber = (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && '$number' in value ? Number(value.$number) : value;
