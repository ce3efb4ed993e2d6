/**
 * Seeded random numbers that depend on the seed and the position alone, not on what was drawn before: Philox 4x32-10
 * (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", section 3.3). Masks made in any order, in any
 * batch, on edge or origin, come out the same.
 */
const ROUNDS = 10;
const [M0, M1] = [0xd2511f53, 0xcd9e8d57];
const [W0, W1] = [0x9e3779b9, 0xbb67ae85];

/** One block: four 32-bit words from a 128-bit counter and a 64-bit key. */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): Uint32Array {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < ROUNDS; round++) {
    const [high0, high1] = [multiplyHigh(M0, c0), multiplyHigh(M1, c2)];
    const [low0, low1] = [Math.imul(M0, c0), Math.imul(M1, c2)];
    [c0, c1, c2, c3] = [high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0];
    k0 = (k0 + W0) | 0;
    k1 = (k1 + W1) | 0;
  }
  return Uint32Array.of(c0, c1, c2, c3);
}

/** Upper 32 bits of the product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const [aHigh, aLow, bHigh, bLow] = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff];
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = (middle & 0xffff) + aLow * bHigh;
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000)) | 0;
}

export class Random {
  readonly seed: number;
  private readonly stream: number;
  private readonly key: readonly [number, number];

  /**
   * @param seed a non-negative safe integer
   * @param stream independent sequences of one seed, e.g. one for each mask
   */
  constructor(seed: number, stream = 0) {
    this.seed = seed;
    this.stream = stream;
    this.key = [seed | 0, Math.floor(seed / 0x1_0000_0000) | 0];
  }

  /** The sequence of this number: `random.at(i)` is the same whatever was drawn from others. */
  at(stream: number): Random {
    return new Random(this.seed, stream);
  }

  /** `count` numbers, uniform in [0, 1), each a multiple of 2^-24 and so exact in float32; `offset` skips that many. */
  uniform(count: number, offset = 0): Float32Array {
    return Float32Array.from(this.words(count, offset), (word) => (word >>> 8) * 2 ** -24);
  }

  /** `count` numbers of the standard normal distribution (Box-Muller on pairs of words); `offset` skips that many. */
  normal(count: number, offset = 0): Float32Array {
    const out = new Float32Array(count);
    const first = offset & ~1;
    const words = this.words(count + (offset - first) + 1, first);
    for (let i = 0; i < count; i++) {
      const at = offset - first + i;
      const pair = at & ~1;
      const radius = Math.sqrt(-2 * Math.log(((words[pair] as number) + 1) * 2 ** -32));
      const angle = 2 * Math.PI * (words[pair + 1] as number) * 2 ** -32;
      out[i] = radius * (at === pair ? Math.cos(angle) : Math.sin(angle));
    }
    return out;
  }

  /** A permutation of 0..count-1 (Fisher-Yates). */
  permutation(count: number, offset = 0): Uint32Array {
    const order = Uint32Array.from({ length: count }, (_, i) => i);
    const words = this.words(count, offset);
    for (let i = count - 1; i > 0; i--) {
      const j = Math.floor((words[i] as number) * 2 ** -32 * (i + 1));
      [order[i], order[j]] = [order[j] as number, order[i] as number];
    }
    return order;
  }

  private words(count: number, offset: number): Uint32Array {
    const first = Math.floor(offset / 4);
    const blocks = Math.ceil((offset + count) / 4) - first;
    const words = new Uint32Array(blocks * 4);
    for (let b = 0; b < blocks; b++) {
      words.set(philox([first + b, 0, this.stream | 0, 0], this.key), b * 4);
    }
    return words.subarray(offset - first * 4, offset - first * 4 + count);
  }
}
