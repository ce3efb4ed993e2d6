/**
 * Discrete Fourier transform of complex numbers, any length: mixed radices, self-sorting.
 * @see C. Van Loan, "Computational Frameworks for the Fast Fourier Transform", SIAM 1992, section 1.7 (Stockham)
 */

/** Real and imaginary parts. */
export type Complex = readonly [re: Float64Array, im: Float64Array];

/** One pass: transforms of `length` numbers, `stride` of them interleaved, become shorter by the factor `radix`. */
interface Pass {
  readonly radix: number;
  readonly length: number;
  readonly stride: number;
  /** exp(-2 pi i k / size) for each k. */
  readonly turn: Complex;
}

/**
 * Plan for `size` numbers. The result lies in arrays of the plan until its next call. The time grows with `size` times
 * the sum of its prime factors.
 */
export function complexTransform(size: number): (re: Float64Array, im: Float64Array) => Complex {
  const passes = passesOf(size);
  const work: [Complex, Complex] = [pair(size), pair(size)];
  return (re, im) => {
    let [from, to] = work;
    from[0].set(re.subarray(0, size));
    from[1].set(im.subarray(0, size));
    for (const pass of passes) {
      if (pass.radix === 4) pass4(from, to, pass);
      else passAny(from, to, pass);
      [from, to] = [to, from];
    }
    return from;
  };
}

/** exp(-2 pi i k / size) for k from 0 to size - 1. */
export const turns = (size: number): Complex => [
  Float64Array.from({ length: size }, (_, k) => Math.cos((2 * Math.PI * k) / size)),
  Float64Array.from({ length: size }, (_, k) => -Math.sin((2 * Math.PI * k) / size)),
];

const pair = (size: number): Complex => [new Float64Array(size), new Float64Array(size)];

function passesOf(size: number): Pass[] {
  const turn = turns(size);
  let length = size;
  return factors(size).map((radix) => {
    const pass = { radix, length, stride: size / length, turn };
    length /= radix;
    return pass;
  });
}

/** Prime factors, but fours where there are two twos. */
function factors(size: number): number[] {
  const found: number[] = [];
  let rest = size;
  for (const p of [4, 2]) {
    for (; rest % p === 0; rest /= p) found.push(p);
  }
  for (let p = 3; rest > 1; p += 2) {
    if (p * p > rest) p = rest;
    for (; rest % p === 0; rest /= p) found.push(p);
  }
  return found;
}

function pass4(from: Complex, to: Complex, { length, stride, turn }: Pass): void {
  const xr = from[0];
  const xi = from[1];
  const yr = to[0];
  const yi = to[1];
  const cos = turn[0];
  const sin = turn[1];
  const parts = length / 4;
  const step = parts * stride;
  for (let at = 0; at < step; at++) {
    const twist = at - (at % stride);
    const first = at + 3 * twist;
    const sumR = (xr[at] as number) + (xr[at + 2 * step] as number);
    const sumI = (xi[at] as number) + (xi[at + 2 * step] as number);
    const subR = (xr[at] as number) - (xr[at + 2 * step] as number);
    const subI = (xi[at] as number) - (xi[at + 2 * step] as number);
    const oddR = (xr[at + step] as number) + (xr[at + 3 * step] as number);
    const oddI = (xi[at + step] as number) + (xi[at + 3 * step] as number);
    const turnR = (xi[at + step] as number) - (xi[at + 3 * step] as number);
    const turnI = (xr[at + 3 * step] as number) - (xr[at + step] as number);
    yr[first] = sumR + oddR;
    yi[first] = sumI + oddI;
    write(yr, yi, first + stride, subR + turnR, subI + turnI, cos[twist] as number, sin[twist] as number);
    write(yr, yi, first + 2 * stride, sumR - oddR, sumI - oddI, cos[2 * twist] as number, sin[2 * twist] as number);
    write(yr, yi, first + 3 * stride, subR - turnR, subI - turnI, cos[3 * twist] as number, sin[3 * twist] as number);
  }
}

/** (re + i im) (cos + i sin) into element `at`. */
function write(yr: Float64Array, yi: Float64Array, at: number, re: number, im: number, cos: number, sin: number): void {
  yr[at] = re * cos - im * sin;
  yi[at] = re * sin + im * cos;
}

function passAny(from: Complex, to: Complex, { radix, length, stride, turn }: Pass): void {
  const xr = from[0];
  const xi = from[1];
  const cos = turn[0];
  const sin = turn[1];
  const size = length * stride;
  const step = size / radix;
  for (let at = 0; at < step; at++) {
    const twist = at - (at % stride);
    const first = at + (radix - 1) * twist;
    for (let r = 0; r < radix; r++) {
      let re = xr[at] as number;
      let im = xi[at] as number;
      // exp(-2 pi i j r / radix), as a multiple of the smallest turn.
      const unit = r * step;
      for (let j = 1, angle = unit; j < radix; j++) {
        const c = cos[angle] as number;
        const s = sin[angle] as number;
        const a = xr[at + j * step] as number;
        const b = xi[at + j * step] as number;
        re += a * c - b * s;
        im += a * s + b * c;
        angle += unit;
        if (angle >= size) angle -= size;
      }
      write(to[0], to[1], first + r * stride, re, im, cos[r * twist] as number, sin[r * twist] as number);
    }
  }
}
