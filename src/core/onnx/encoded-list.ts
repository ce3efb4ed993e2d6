/**
 * Long list of numbers or texts of an attribute, kept as the file's own bytes: a list of a million numbers as objects
 * would take ten times the file.
 */
import { getTextEncoding, WireType } from '@bufbuild/protobuf/wire';

/** Numbers of the fields of AttributeProto that hold lists. */
export const LIST_FIELDS = { floats: 7, ints: 8, strings: 9 } as const;
export type ListKind = keyof typeof LIST_FIELDS;

export class EncodedList {
  readonly kind: ListKind;
  /** Fields of an AttributeProto, one after the other: packed, or each entry by itself. A view on the file. */
  readonly bytes: Uint8Array;

  constructor(kind: ListKind, bytes: Uint8Array) {
    this.kind = kind;
    this.bytes = bytes;
  }

  /** Integers; in doubles where one is no int32, and beyond 2^53 the nearest that a double can hold. */
  ints(): Int32Array | Float64Array {
    const values = new Int32Array(this.count());
    let wide: Float64Array | undefined;
    let at = 0;
    this.each((bytes, start, end) => {
      const from = { at: start };
      for (; from.at < end; at++) {
        const value = varint(bytes, from);
        if (!wide && value !== (value | 0)) wide = Float64Array.from(values);
        (wide ?? values)[at] = value;
      }
    });
    return wide ?? values;
  }

  floats(): Float32Array {
    const values = new Float32Array(this.count());
    const view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
    let at = 0;
    this.each((_, start, end) => {
      for (let i = start; i + 4 <= end; i += 4) values[at++] = view.getFloat32(i, true);
    });
    return values;
  }

  /** Texts; equal ones are one string. */
  texts(): string[] {
    const values: string[] = [];
    const known = new TextTable();
    this.each((bytes, start, end) => values.push(known.read(bytes, start, end)));
    return values;
  }

  /** Number of entries. */
  count(): number {
    let count = 0;
    this.each((bytes, start, end) => {
      if (this.kind === 'strings') count++;
      else if (this.kind === 'floats') count += (end - start) >> 2;
      else for (let i = start; i < end; i++) if ((bytes[i] as number) < 0x80) count++;
    });
    return count;
  }

  private each(visit: Visit): void {
    walkList(this.bytes, 0, this.kind, visit);
  }
}

/** Called with the place of each entry, or of each run of packed entries. */
type Visit = (bytes: Uint8Array, start: number, end: number) => void;

/**
 * Walks over the entries of a list that follow each other in the bytes of an AttributeProto.
 * @param start place of the tag of the first entry
 * @returns place behind the last entry
 * @throws RangeError for an entry that is cut off
 */
export function walkList(bytes: Uint8Array, start: number, kind: ListKind, visit: Visit = () => {}): number {
  let at = start;
  // Tags of these fields have one byte: the number of the field and how it is stored.
  while (at < bytes.length && (bytes[at] as number) >> 3 === LIST_FIELDS[kind]) {
    const wire = (bytes[at++] as number) & 7;
    const from = { at };
    const length = wire === WireType.LengthDelimited ? varint(bytes, from) : wire === WireType.Bit32 ? 4 : undefined;
    const first = from.at;
    if (length === undefined) varint(bytes, from);
    at = length === undefined ? from.at : first + length;
    if (at > bytes.length) throw new RangeError(`The list of ${kind} is cut off.`);
    visit(bytes, first, at);
  }
  return at;
}

/** Reads an int64 and moves on behind it: 7 bits a byte, the lowest first. */
function varint(bytes: Uint8Array, from: { at: number }): number {
  let [low, middle, high] = [0, 0, 0];
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[from.at++] as number;
    const bits = byte & 0x7f;
    if (shift < 28) low |= bits << shift;
    else if (shift < 56) middle |= bits << (shift - 28);
    else high |= bits << (shift - 56);
    if (!(byte >= 0x80)) break;
  }
  // Of the high part, 8 bits are left, the first of which is the sign.
  return ((high << 24) >> 24) * 2 ** 56 + middle * 2 ** 28 + low;
}

/** Texts by their bytes: a list of modes has a million entries and seven words. */
class TextTable {
  private readonly texts = new Map<number, { readonly bytes: Uint8Array; readonly text: string }[]>();

  /** @throws when the bytes are not UTF-8 */
  read(bytes: Uint8Array, start: number, end: number): string {
    let hash = 0;
    for (let i = start; i < end; i++) hash = (31 * hash + (bytes[i] as number)) | 0;
    const same = this.texts.get(hash) ?? [];
    const known = same.find(
      (one) => one.bytes.length === end - start && one.bytes.every((b, i) => b === bytes[start + i]),
    );
    if (known) return known.text;
    const own = bytes.subarray(start, end);
    const text = getTextEncoding().decodeUtf8(own);
    this.texts.set(hash, [...same, { bytes: own, text }]);
    return text;
  }
}
