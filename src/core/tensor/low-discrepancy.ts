/**
 * Sobol points, scrambled: the first two dimensions of Sobol's sequence, a (0, 2)-sequence in base 2, with Owen's nested
 * scrambling by hashes and a shuffle for every further pair of dimensions (Burley 2020, "Practical hash-based Owen
 * scrambling"). Of the first 2^k points each interval of width 2^-k has one, in every dimension, and each pair fills the
 * square as evenly; there is no limit to the number of dimensions.
 */
import { philox } from './random.ts';

export interface SobolPairs {
  /** Both coordinates of point `index` in pair `pair`, in [0, 1) and exact in float32. */
  at(index: number, pair: number): readonly [number, number];
}

export function sobolPairs(seed: number): SobolPairs {
  const key = [seed | 0, Math.floor(seed / 0x1_0000_0000) | 0] as const;
  const hashes = new Map<number, Uint32Array>();
  const hashOf = (pair: number): Uint32Array => {
    const hash = hashes.get(pair) ?? philox([pair, 0, 0x50b01, 1], key);
    hashes.set(pair, hash);
    return hash;
  };
  return {
    at(index, pair) {
      const [order = 0, first = 0, second = 0] = hashOf(pair);
      const shuffled = scramble(index, order);
      return [unit(scramble(reverse(shuffled), first)), unit(scramble(secondDimension(shuffled), second))];
    },
  };
}

const unit = (bits: number): number => (bits >>> 8) * 2 ** -24;

/** Owen's scrambling of the bits, from the highest down: a bit is flipped depending on those above it. */
function scramble(bits: number, seed: number): number {
  // Laine and Karras's hash mixes from low to high, hence the reversals.
  let x = reverse(bits);
  x = (x + seed) | 0;
  x ^= Math.imul(x, 0x6c50b47c);
  x ^= Math.imul(x, 0xb82f1e52);
  x ^= Math.imul(x, 0xc7afe638);
  x ^= Math.imul(x, 0x8d22f6e6);
  return reverse(x);
}

/** The 32 bits from the other end: the first dimension of Sobol's sequence. */
function reverse(bits: number): number {
  let x = bits;
  x = ((x >>> 1) & 0x55555555) | ((x & 0x55555555) << 1);
  x = ((x >>> 2) & 0x33333333) | ((x & 0x33333333) << 2);
  x = ((x >>> 4) & 0x0f0f0f0f) | ((x & 0x0f0f0f0f) << 4);
  x = ((x >>> 8) & 0x00ff00ff) | ((x & 0x00ff00ff) << 8);
  return (x >>> 16) | (x << 16);
}

/** Direction numbers of the polynomial x + 1: v_1 = 2^31, v_(i+1) = v_i ^ (v_i >>> 1). */
function secondDimension(index: number): number {
  let [x, direction] = [0, 0x80000000];
  for (let rest = index >>> 0; rest !== 0; rest >>>= 1) {
    if (rest & 1) x ^= direction;
    direction ^= direction >>> 1;
  }
  return x;
}
