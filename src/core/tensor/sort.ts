/** Sorting of many numbers: every answer does it, and a comparison sort would take longer than a small model. */

/** Bits that a pass sorts by: three passes cover the 31 bits of a float32 without its sign, two where there are many. */
const BITS = 11;
const MANY_BITS = 16;
/** Number of values from which clearing 2 ** 16 counters takes less than another pass. */
const MANY = 2 ** 15;

const BUCKETS = 1 << BITS;
const MASK = BUCKETS - 1;

/** Positions up to which inserting each takes less than sorting all. */
const FEW = 32;

/**
 * The sum of (2 rank - n - 1) times each of n numbers, ranks from 1 in ascending order: n squared times their mean times
 * their Gini index. By radix sort, whose last pass tells the rank and moves nothing.
 * @param bits of float32 numbers that are not negative, not NaN: such numbers are in the order of their bits
 */
export function sumByRank(bits: Uint32Array<ArrayBuffer>): number {
  const width = bits.length < MANY ? BITS : MANY_BITS;
  let from = bits;
  let shift = 0;
  for (; shift + width < 31; shift += width) from = sortedBy(from, shift, width);
  const values = new Float32Array(from.buffer, from.byteOffset, from.length);
  const next = startsOf(countsOf(from, shift, width));
  let sum = 0;
  for (let i = 0; i < from.length; i++) {
    const at = (from[i] as number) >>> shift;
    const before = next[at] as number;
    next[at] = before + 1;
    sum += (2 * before + 1 - from.length) * (values[i] as number);
  }
  return sum;
}

/** A copy in the order of `width` bits from `shift` on; what is equal there keeps its order. */
function sortedBy(from: Uint32Array, shift: number, width: number): Uint32Array<ArrayBuffer> {
  const to = new Uint32Array(from.length);
  const mask = (1 << width) - 1;
  const next = startsOf(countsOf(from, shift, width));
  for (let i = 0; i < from.length; i++) {
    const bits = from[i] as number;
    const at = (bits >>> shift) & mask;
    const position = next[at] as number;
    next[at] = position + 1;
    to[position] = bits;
  }
  return to;
}

/**
 * Positions of the `count` largest values, largest first; the first of equals. One pass where few are wanted.
 * @param values not NaN
 */
export function largestPositions(values: ArrayLike<number>, count: number): number[] {
  const first = (a: number, b: number): number => (values[b] as number) - (values[a] as number) || a - b;
  if (count > FEW)
    return Array.from(values, (_, i) => i)
      .sort(first)
      .slice(0, count);
  const best: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if (best.length === count && !((values[i] as number) > (values[best[count - 1] as number] as number))) continue;
    if (best.length === count) best.pop();
    let at = best.length;
    while (at > 0 && (values[best[at - 1] as number] as number) < (values[i] as number)) at--;
    best.splice(at, 0, i);
  }
  return best;
}

/** The bits of the values without their sign: in the order of the magnitudes. */
export function magnitudeBits(values: Float32Array): Uint32Array<ArrayBuffer> {
  const bits = new Uint32Array(values.slice().buffer);
  for (let i = 0; i < bits.length; i++) bits[i] = (bits[i] as number) & 0x7fffffff;
  return bits;
}

/**
 * The number of this rank, from 0, by radix selection: each pass keeps the bucket that the rank falls into.
 * @param values below 2 ** 31, at least one
 */
export function rankedBits(values: Uint32Array, rank: number): number {
  let candidates = values;
  let left = rank;
  for (const shift of [20, 9, 0]) {
    const counts = countsOf(candidates, shift);
    let bucket = 0;
    for (; left >= (counts[bucket] as number); bucket++) left -= counts[bucket] as number;
    const kept = new Uint32Array(counts[bucket] as number);
    for (let i = 0, n = 0; n < kept.length; i++) {
      const value = candidates[i] as number;
      if (((value >>> shift) & MASK) === bucket) kept[n++] = value;
    }
    candidates = kept;
  }
  return candidates[0] as number;
}

function countsOf(values: Uint32Array, shift: number, width = BITS): Uint32Array {
  const counts = new Uint32Array(1 << width);
  const mask = (1 << width) - 1;
  for (let i = 0; i < values.length; i++) {
    const at = ((values[i] as number) >>> shift) & mask;
    counts[at] = (counts[at] as number) + 1;
  }
  return counts;
}

/** Start of each bucket; in place. */
function startsOf(counts: Uint32Array): Uint32Array {
  let start = 0;
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i] as number;
    counts[i] = start;
    start += count;
  }
  return counts;
}
