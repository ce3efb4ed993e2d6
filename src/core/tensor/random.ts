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
  const words = new Uint32Array(4);
  writeBlock(words, 0, counter[0], counter[1], counter[2], counter[3], key[0], key[1]);
  return words;
}

/** Noise for images takes millions of blocks: nothing but 32-bit integers, and no arrays. */
function writeBlock(
  words: Uint32Array,
  at: number,
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  k0: number,
  k1: number,
): void {
  let [w0, w1, w2, w3] = [c0 | 0, c1 | 0, c2 | 0, c3 | 0];
  for (let round = 0; round < ROUNDS; round++) {
    const next0 = multiplyHigh(M1, w2) ^ w1 ^ (k0 + Math.imul(round, W0));
    const next2 = multiplyHigh(M0, w0) ^ w3 ^ (k1 + Math.imul(round, W1));
    w1 = Math.imul(M1, w2);
    w3 = Math.imul(M0, w0);
    w0 = next0;
    w2 = next2;
  }
  words[at] = w0;
  words[at + 1] = w1;
  words[at + 2] = w2;
  words[at + 3] = w3;
}

/** Upper 32 bits of the product of two unsigned 32-bit numbers, from products of their halves. */
function multiplyHigh(a: number, b: number): number {
  const aHigh = a >>> 16;
  const aLow = a & 0xffff;
  const bHigh = b >>> 16;
  const bLow = b & 0xffff;
  const middle = (Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16)) | 0;
  const carry = (Math.imul(aLow, bHigh) + (middle & 0xffff)) | 0;
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (carry >>> 16)) | 0;
}

/**
 * Generator of random numbers that depend on seed, stream and offset alone, equal on every machine.
 *
 * @example
 * import { Random } from 'whylight/plugin';
 * const random = new Random(7);
 * const noise = random.at(3).normal(150_528); // stream 3, whatever was drawn from others
 * @see https://doi.org/10.1145/2063384.2063405
 */
export class Random {
  readonly seed: number;
  readonly stream: number;
  private readonly key: readonly [number, number];

  /**
   * Makes the generator of a seed and a stream; nothing is drawn yet.
   * @param seed a non-negative safe integer
   * @param stream independent sequences of one seed, e.g. one for each mask
   */
  constructor(seed: number, stream = 0) {
    this.seed = seed;
    this.stream = stream;
    this.key = [seed | 0, Math.floor(seed / 0x1_0000_0000) | 0];
  }

  /** Returns the generator of another stream of the seed: `random.at(i)` is the same whatever was drawn from others. */
  at(stream: number): Random {
    return new Random(this.seed, stream);
  }

  /** `count` numbers, uniform in [0, 1), each a multiple of 2^-24 and so exact in float32; `offset` skips that many. */
  uniform(count: number, offset = 0): Float32Array {
    const words = this.words(count, offset);
    const out = new Float32Array(count);
    for (let i = 0; i < count; i++) out[i] = ((words[i] as number) >>> 8) * 2 ** -24;
    return out;
  }

  /** `count` numbers of the standard normal distribution (Box-Muller on pairs of words); `offset` skips that many. */
  normal(count: number, offset = 0): Float32Array {
    const out = new Float32Array(count);
    const first = offset & ~1;
    const words = this.words(count + (offset - first) + 1, first);
    for (let pair = 0, i = first - offset; i < count; pair += 2, i += 2) {
      const radius = Math.sqrt(-2 * Math.log(((words[pair] as number) + 1) * 2 ** -32));
      const angle = 2 * Math.PI * (words[pair + 1] as number) * 2 ** -32;
      if (i >= 0) out[i] = radius * Math.cos(angle);
      if (i + 1 < count) out[i + 1] = radius * Math.sin(angle);
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
      writeBlock(words, b * 4, first + b, 0, this.stream, 0, this.key[0], this.key[1]);
    }
    return words.subarray(offset - first * 4, offset - first * 4 + count);
  }
}
