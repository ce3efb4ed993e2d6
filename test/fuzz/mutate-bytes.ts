/** Mutations of bytes that know nothing of their format. */
import type { Draw } from './draw.ts';

type Mutation = (bytes: Uint8Array, draw: Draw, others: readonly Uint8Array[]) => Uint8Array;

const INTERESTING = [0, 1, 0x7f, 0x80, 0xfe, 0xff];
/** Numbers at which sizes and counts change their meaning, as protobuf writes them. */
const VARINTS = [0, 1, 127, 128, 2 ** 16, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53].map(varint);

const MUTATIONS: readonly Mutation[] = [
  (bytes, draw) => changed(bytes, draw, (byte) => byte ^ (1 << draw.below(8))),
  (bytes, draw) => changed(bytes, draw, () => draw.from(INTERESTING)),
  (bytes, draw) => changed(bytes, draw, () => draw.below(256)),
  (bytes, draw) => changed(bytes, draw, (byte) => byte + draw.below(9) - 4),
  (bytes, draw) => bytes.slice(0, draw.below(bytes.length + 1)),
  (bytes, draw) => spliced(bytes, draw, draw.below(32), new Uint8Array(0)),
  (bytes, draw) =>
    spliced(
      bytes,
      draw,
      0,
      Uint8Array.from({ length: 1 + draw.below(16) }, () => draw.below(256)),
    ),
  (bytes, draw) => spliced(bytes, draw, 1, draw.from(VARINTS)),
  (bytes, draw) => spliced(bytes, draw, 0, part(bytes, draw, 64)),
  (bytes, draw, others) => spliced(bytes, draw, draw.below(64), part(draw.from(others), draw, 64)),
  (bytes, draw, others) => joined(bytes, draw.from(others), draw),
];

/**
 * Changes bytes in one to four places.
 * @param others files of the same kind, parts of which may be put in
 */
export function mutateBytes(bytes: Uint8Array, draw: Draw, others: readonly Uint8Array[]): Uint8Array {
  let result = bytes;
  for (let i = 0; i < 1 + draw.below(4); i++) result = draw.from(MUTATIONS)(result, draw, others);
  return result;
}

function changed(bytes: Uint8Array, draw: Draw, change: (byte: number) => number): Uint8Array {
  if (bytes.length === 0) return bytes;
  const copy = bytes.slice();
  const at = draw.below(copy.length);
  copy[at] = change(copy[at] as number);
  return copy;
}

function spliced(bytes: Uint8Array, draw: Draw, remove: number, insert: Uint8Array): Uint8Array {
  const at = draw.below(bytes.length + 1);
  return concatenated(bytes.subarray(0, at), insert, bytes.subarray(at + remove));
}

function part(bytes: Uint8Array, draw: Draw, max: number): Uint8Array {
  const from = draw.below(bytes.length + 1);
  return bytes.subarray(from, from + draw.below(max));
}

/** The beginning of one file and the end of another. */
function joined(a: Uint8Array, b: Uint8Array, draw: Draw): Uint8Array {
  return concatenated(a.subarray(0, draw.below(a.length + 1)), b.subarray(draw.below(b.length + 1)));
}

function concatenated(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let left = BigInt(value);
  do {
    bytes.push(Number(left & 127n) | (left > 127n ? 128 : 0));
    left >>= 7n;
  } while (left > 0n);
  return Uint8Array.from(bytes);
}
