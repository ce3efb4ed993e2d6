/** Gaussian blur of float tensors, for baselines: the numbers of `scipy.ndimage.gaussian_filter`. */
import { float32, sizeOf, type Tensor } from '../tensor/tensor.ts';

/**
 * Extension beyond the edge, with SciPy's names. `reflect`: `d c b a | a b c d | d c b a`; `mirror`: the same without
 * repeating the edge (torch's `reflect`); `nearest`: the edge's value; `constant`: zeros.
 */
export type Border = 'reflect' | 'mirror' | 'nearest' | 'constant';

export interface BlurOptions {
  /** Axes to blur along; negative ones count from the end. The last two when left out: the image axes of NCHW. */
  readonly axes?: readonly number[];
  readonly border?: Border;
  /** The kernel ends at this many standard deviations. */
  readonly truncate?: number;
}

/** Standard deviations to where a kernel reaches, as SciPy has it. */
const TRUNCATE = 4;

/**
 * The tensor blurred, one axis after the other, each channel by itself.
 * @param sigma standard deviation in pixels; 0 gives a copy
 */
export function gaussianBlur(input: Tensor<'float32'>, sigma: number, options: BlurOptions = {}): Tensor<'float32'> {
  const { axes = [-2, -1], border = 'reflect', truncate = TRUNCATE } = options;
  const kernel = gaussianKernel(sigma, truncate);
  let data = input.data.slice();
  if (sigma > 0) for (const axis of axes) data = blurAxis(data, input.dims, axis, kernel, border);
  return float32(input.dims, data);
}

/** Half of the symmetric kernel, from the centre outwards; the whole sums to 1. */
export function gaussianKernel(sigma: number, truncate = TRUNCATE): Float64Array {
  const radius = Math.trunc(truncate * sigma + 0.5);
  const half = Float64Array.from({ length: radius + 1 }, (_, i) => Math.exp(-0.5 * (i / (sigma || 1)) ** 2));
  const sum = half.reduce((total, weight) => total + 2 * weight, -1);
  return half.map((weight) => weight / sum);
}

/** Lines that are blurred side by side: what is read once, of kernel and lines, serves several products. */
const ABREAST = 4;

function blurAxis(
  data: Float32Array<ArrayBuffer>,
  dims: readonly number[],
  axis: number,
  kernel: Float64Array,
  border: Border,
): Float32Array<ArrayBuffer> {
  const at = axis < 0 ? dims.length + axis : axis;
  const length = dims[at] as number;
  const inner = sizeOf(dims.slice(at + 1));
  const weights = bandMatrix(kernel, length, border);
  const out = new Float32Array(data.length);
  const lines = data.length / length;
  const startOf = (line: number): number => Math.floor(line / inner) * length * inner + (line % inner);
  const abreast = new Float64Array(ABREAST * length);
  for (let line = 0; line < lines; line += ABREAST) {
    const starts = Array.from({ length: Math.min(ABREAST, lines - line) }, (_, n) => startOf(line + n));
    for (const [n, start] of starts.entries())
      for (let i = 0; i < length; i++) abreast[i * ABREAST + n] = data[start + i * inner] as number;
    multiply(weights, abreast, length);
    for (const [n, start] of starts.entries())
      for (let i = 0; i < length; i++) out[start + i * inner] = weights.products[i * ABREAST + n] as number;
  }
  return out;
}

/** Blur of a line as a matrix: weights of input positions (columns) for output positions (rows), the border folded in. */
interface BandMatrix {
  readonly values: Float64Array;
  /** First column of each row that is not zero, and the end of these. */
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** Room for the products with {@link ABREAST} lines. */
  readonly products: Float64Array;
}

function bandMatrix(kernel: Float64Array, length: number, border: Border): BandMatrix {
  const radius = kernel.length - 1;
  const values = new Float64Array(length * length);
  const [from, to] = [new Int32Array(length).fill(length), new Int32Array(length)];
  for (let i = 0; i < length; i++) {
    for (let k = -radius; k <= radius; k++) {
      const source = positionAt(i + k, length, border);
      if (source < 0) continue;
      values[i * length + source] = (values[i * length + source] as number) + (kernel[Math.abs(k)] as number);
      from[i] = Math.min(from[i] as number, source);
      to[i] = Math.max(to[i] as number, source + 1);
    }
  }
  return { values, from, to, products: new Float64Array(ABREAST * length) };
}

/** Two rows at a time, in local numbers that stay in registers. */
function multiply({ values, from, to, products }: BandMatrix, lines: Float64Array, length: number): void {
  for (let i = 0; i < length; i += 2) {
    const next = Math.min(i + 1, length - 1);
    const [first, second] = [i * length, next * length];
    const start = Math.min(from[i] as number, from[next] as number);
    const end = Math.max(to[i] as number, to[next] as number);
    let [a0, a1, a2, a3, b0, b1, b2, b3] = [0, 0, 0, 0, 0, 0, 0, 0];
    for (let s = start; s < end; s++) {
      const a = values[first + s] as number;
      const b = values[second + s] as number;
      const x0 = lines[s * ABREAST] as number;
      const x1 = lines[s * ABREAST + 1] as number;
      const x2 = lines[s * ABREAST + 2] as number;
      const x3 = lines[s * ABREAST + 3] as number;
      a0 += a * x0;
      a1 += a * x1;
      a2 += a * x2;
      a3 += a * x3;
      b0 += b * x0;
      b1 += b * x1;
      b2 += b * x2;
      b3 += b * x3;
    }
    products.set([a0, a1, a2, a3], i * ABREAST);
    products.set([b0, b1, b2, b3], next * ABREAST);
  }
}

/** Position that a position beyond the edge takes its value from; -1 for none. */
function positionAt(position: number, length: number, border: Border): number {
  if (position >= 0 && position < length) return position;
  if (border === 'constant') return -1;
  if (border === 'nearest' || length === 1) return position < 0 ? 0 : length - 1;
  const period = border === 'reflect' ? 2 * length : 2 * length - 2;
  const within = ((position % period) + period) % period;
  return within < length ? within : period - within - (border === 'reflect' ? 1 : 0);
}
