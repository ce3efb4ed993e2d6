/** Sorting of many numbers: every answer does it, and a comparison sort would take longer than a small model. */

/** Bits that a pass sorts by: three passes cover the 31 bits of a float32 without its sign. */
const BITS = 11;

/**
 * The values in ascending order, by radix sort: float32 numbers that are not negative are in the order of their bits.
 * @param values not negative, not NaN
 */
export function sortMagnitudes(values: Float32Array): Float32Array {
  let from = new Uint32Array(values.slice().buffer);
  let to = new Uint32Array(from.length);
  for (let shift = 0; shift < 32; shift += BITS) {
    const next = new Uint32Array((1 << BITS) + 1);
    for (let i = 0; i < from.length; i++) {
      const at = (((from[i] as number) >>> shift) & ((1 << BITS) - 1)) + 1;
      next[at] = (next[at] as number) + 1;
    }
    for (let i = 1; i < next.length; i++) next[i] = (next[i] as number) + (next[i - 1] as number);
    for (let i = 0; i < from.length; i++) {
      const bits = from[i] as number;
      const at = (bits >>> shift) & ((1 << BITS) - 1);
      const place = next[at] as number;
      next[at] = place + 1;
      to[place] = bits;
    }
    [from, to] = [to, from];
  }
  return new Float32Array(from.buffer);
}
