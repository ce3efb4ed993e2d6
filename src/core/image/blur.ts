/** Gaussian blur of float tensors, for baselines: the numbers of `scipy.ndimage.gaussian_filter`. */
import { float32, type Tensor } from '../tensor/tensor.ts';

/**
 * What lies beyond the edge, in SciPy's words. `reflect`: `d c b a | a b c d | d c b a`; `mirror`: the same without
 * repeating the edge (torch's `reflect`); `nearest`: the edge's value; `constant`: zeros.
 */
export type Border = 'reflect' | 'mirror' | 'nearest' | 'constant';

export interface BlurOptions {
  /** Axes to blur along; negative ones count from the end. The last two when left out: the picture axes of NCHW. */
  readonly axes?: readonly number[];
  readonly border?: Border;
  /** The kernel ends at this many standard deviations. */
  readonly truncate?: number;
}

/**
 * The tensor blurred, one axis after the other, each channel by itself.
 * @param sigma standard deviation in pixels; 0 gives a copy
 */
export function gaussianBlur(input: Tensor<'float32'>, sigma: number, options: BlurOptions = {}): Tensor<'float32'> {
  const { axes = [-2, -1], border = 'reflect', truncate = 4 } = options;
  const kernel = gaussianKernel(sigma, truncate);
  let data = input.data.slice();
  if (sigma > 0) for (const axis of axes) data = blurAxis(data, input.dims, axis, kernel, border);
  return float32(input.dims, data);
}

/** Half of the symmetric kernel, from the centre outwards; the whole sums to 1. */
function gaussianKernel(sigma: number, truncate: number): Float64Array {
  const radius = Math.trunc(truncate * sigma + 0.5);
  const half = Float64Array.from({ length: radius + 1 }, (_, i) => Math.exp(-0.5 * (i / (sigma || 1)) ** 2));
  const sum = half.reduce((total, weight) => total + 2 * weight, -1);
  return half.map((weight) => weight / sum);
}

function blurAxis(
  data: Float32Array<ArrayBuffer>,
  dims: readonly number[],
  axis: number,
  kernel: Float64Array,
  border: Border,
): Float32Array<ArrayBuffer> {
  const at = axis < 0 ? dims.length + axis : axis;
  const length = dims[at] as number;
  const inner = dims.slice(at + 1).reduce((n, d) => n * d, 1);
  const radius = kernel.length - 1;
  const sources = Int32Array.from({ length: length + 2 * radius }, (_, i) => positionAt(i - radius, length, border));
  const out = new Float32Array(data.length);
  const sums = new Float64Array(inner);
  for (let start = 0; start < data.length; start += length * inner) {
    for (let i = 0; i < length; i++) {
      if (inner > 1) sums.fill(0);
      let sum = 0;
      for (let k = -radius; k <= radius; k++) {
        const source = sources[i + radius + k] as number;
        if (source < 0) continue;
        const weight = kernel[k < 0 ? -k : k] as number;
        const row = start + source * inner;
        if (inner === 1) sum += weight * (data[row] as number);
        else for (let j = 0; j < inner; j++) sums[j] = (sums[j] as number) + weight * (data[row + j] as number);
      }
      if (inner === 1) out[start + i] = sum;
      else out.set(sums, start + i * inner);
    }
  }
  return out;
}

/** Where the value at a position beyond the edge comes from; -1 for nowhere. */
function positionAt(position: number, length: number, border: Border): number {
  if (position >= 0 && position < length) return position;
  if (border === 'constant') return -1;
  if (border === 'nearest' || length === 1) return position < 0 ? 0 : length - 1;
  const period = border === 'reflect' ? 2 * length : 2 * length - 2;
  const within = ((position % period) + period) % period;
  return within < length ? within : period - within - (border === 'reflect' ? 1 : 0);
}
