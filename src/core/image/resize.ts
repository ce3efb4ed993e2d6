/**
 * Resizing, to the digit as the field's references do it.
 *
 * Images as Pillow does (and so torchvision's `Resize` with antialiasing): the filter is stretched when shrinking,
 * columns first, then rows, in fixed point with 22 bits, rounded to 8 bits after each of the two passes. Maps as
 * OpenCV's INTER_LINEAR and torch's `interpolate(align_corners=False)` do: bilinear, half-pixel centres, no antialiasing.
 */
import { resizeLinear } from './opencv-linear.ts';
import { type Axis, axesOf, type Pixels, type Region } from './pixels.ts';

export const RESIZE_FILTERS = ['nearest', 'box', 'bilinear', 'bicubic', 'lanczos3', 'opencv_linear'] as const;
export type ResizeFilter = (typeof RESIZE_FILTERS)[number];

type PillowFilter = Exclude<ResizeFilter, 'nearest' | 'opencv_linear'>;

/**
 * The image at another size.
 * @param region the part of the resized image that is wanted; all of it when left out
 */
export function resize(
  source: Pixels,
  width: number,
  height: number,
  filter: ResizeFilter,
  region: Region = { x: 0, y: 0, width, height },
): Pixels {
  if (filter === 'nearest') return resizeNearest(source, width, height, region);
  if (filter === 'opencv_linear') return resizeLinear(source, width, height, region);
  const axes = axesOf(source);
  const columns = taps(axes.columns, width, region.x, region.width, filter);
  const rows = taps(axes.rows, height, region.y, region.height, filter);
  const last = region.height - 1;
  const firstRow = rows.starts[0] as number;
  const endRow = (rows.starts[last] as number) + (rows.counts[last] as number);
  return combineRows(combineColumns(source, columns, firstRow, endRow - firstRow), rows, firstRow);
}

/** For each output position the first source position, the number of them, and their weights in fixed point. */
interface Taps {
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  readonly weights: Int32Array;
  /** Weights of output position i begin at `i * stride`. */
  readonly stride: number;
}

/** 32 bits, less 8 of the value, less 2 for sums beyond 0..255 (bicubic and Lanczos overshoot). */
const PRECISION = 22;
const HALF = 1 << (PRECISION - 1);

/** Rows that are added up in one pass: a pass over the sums takes as long as two rows. */
const ROWS_AT_ONCE = 4;

const KERNELS: Readonly<Record<PillowFilter, { support: number; at(x: number): number }>> = {
  box: { support: 0.5, at: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, at: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: {
    support: 2,
    at: (x) => {
      const [a, d] = [-0.5, Math.abs(x)];
      if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
      return d < 2 ? (((d - 5) * d + 8) * d - 4) * a : 0;
    },
  },
  lanczos3: { support: 3, at: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

const sinc = (x: number) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

function taps(from: Axis, to: number, first: number, count: number, filter: PillowFilter): Taps {
  const kernel = KERNELS[filter];
  const scale = from.extent / to;
  const stretch = Math.max(scale, 1);
  // A pass over an axis that keeps its size copies: the kernels are 1 at 0 and 0 at every other integer.
  const support = kernel.support * stretch;
  const stride = Math.ceil(support) * 2 + 1;
  const starts = new Int32Array(count);
  const counts = new Int32Array(count);
  const weights = new Int32Array(count * stride);
  const exact = new Float64Array(stride);
  for (let i = 0; i < count; i++) {
    const center = from.start + (first + i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - support + 0.5));
    const length = Math.min(from.length, Math.trunc(center + support + 0.5)) - start;
    let sum = 0;
    for (let k = 0; k < length; k++) {
      const weight = kernel.at((start + k - center + 0.5) / stretch);
      exact[k] = weight;
      sum += weight;
    }
    for (let k = 0; k < length; k++) {
      const weight = ((exact[k] as number) / (sum || 1)) * (1 << PRECISION);
      weights[i * stride + k] = Math.trunc(weight + (weight < 0 ? -0.5 : 0.5));
    }
    starts[i] = start;
    counts[i] = length;
  }
  return { starts, counts, weights, stride };
}

function combineColumns(source: Pixels, columns: Taps, firstRow: number, height: number): Pixels {
  const { channels, step = channels } = source;
  const width = columns.starts.length;
  const out = new Uint8ClampedArray(width * height * channels); // overshoot is clipped on writing
  if (channels === 3 && step === 4) combineWords(source, columns, firstRow, height, out);
  else combineChannels(source, columns, firstRow, height, out);
  return { width, height, channels, data: new Uint8Array(out.buffer) };
}

/**
 * RGB of RGBA, the common case: one read for the three of them, two rows at a time, and numbers that stay in registers.
 * Sums of whole words, and of words without their lower bytes, differ by the sum of one byte: modulo 2 ** 32, which
 * holds that sum, there is nothing to mask.
 */
function combineWords(
  source: Pixels,
  { starts, counts, weights, stride }: Taps,
  firstRow: number,
  height: number,
  out: Uint8ClampedArray,
): void {
  const words = wordsOf(source.data);
  const width = starts.length;
  for (let y = 0; y < height; y += 2) {
    // Of an odd number of rows, the last one is its own neighbour.
    const next = Math.min(y + 1, height - 1);
    const down = (next - y) * source.width;
    const row = (firstRow + y) * source.width;
    let o = y * width * 3;
    let p = next * width * 3;
    for (let x = 0; x < width; x++, o += 3, p += 3) {
      let bgr = 0;
      let bg = 0;
      let b = 0;
      let i = row + (starts[x] as number);
      let j = i + down;
      let k = x * stride;
      const end = k + (counts[x] as number);
      let otherBgr = 0;
      let otherBg = 0;
      let otherB = 0;
      for (; k < end; k++, i++, j++) {
        const weight = weights[k] as number;
        const word = (words[i] as number) & 0xff_ff_ff;
        bgr = (bgr + Math.imul(word, weight)) | 0;
        bg = (bg + Math.imul(word >> 8, weight)) | 0;
        b = (b + Math.imul(word >> 16, weight)) | 0;
        const other = (words[j] as number) & 0xff_ff_ff;
        otherBgr = (otherBgr + Math.imul(other, weight)) | 0;
        otherBg = (otherBg + Math.imul(other >> 8, weight)) | 0;
        otherB = (otherB + Math.imul(other >> 16, weight)) | 0;
      }
      out[o] = (bgr - (bg << 8) + HALF) >> PRECISION;
      out[o + 1] = (bg - (b << 8) + HALF) >> PRECISION;
      out[o + 2] = (b + HALF) >> PRECISION;
      out[p] = (otherBgr - (otherBg << 8) + HALF) >> PRECISION;
      out[p + 1] = (otherBg - (otherB << 8) + HALF) >> PRECISION;
      out[p + 2] = (otherB + HALF) >> PRECISION;
    }
  }
}

function combineChannels(
  { width, channels, step = channels, data }: Pixels,
  { starts, counts, weights, stride }: Taps,
  firstRow: number,
  height: number,
  out: Uint8ClampedArray,
): void {
  let o = 0;
  for (let y = 0; y < height; y++) {
    const row = (firstRow + y) * width;
    for (let x = 0; x < starts.length; x++) {
      const start = (row + (starts[x] as number)) * step;
      const begin = x * stride;
      const end = begin + (counts[x] as number);
      for (let c = 0; c < channels; c++) {
        let sum = HALF;
        for (let k = begin, i = start + c; k < end; k++, i += step) {
          sum = (sum + Math.imul(data[i] as number, weights[k] as number)) | 0;
        }
        out[o++] = sum >> PRECISION;
      }
    }
  }
}

/** Four bytes as one number, the first of them the lowest. */
function wordsOf(data: Uint8Array): Int32Array {
  const aligned = data.byteOffset % 4 === 0 ? data : data.slice();
  return new Int32Array(aligned.buffer, aligned.byteOffset, aligned.length >> 2);
}

/** @param firstRow the row of the image that `source` begins with */
function combineRows(source: Pixels, rows: Taps, firstRow: number): Pixels {
  const { width, channels, data } = source;
  const { starts, counts, weights, stride } = rows;
  const height = starts.length;
  const length = width * channels;
  const out = new Uint8ClampedArray(length * height);
  const sums = new Int32Array(length);
  for (let y = 0; y < height; y++) {
    sums.fill(HALF);
    const first = ((starts[y] as number) - firstRow) * length;
    const count = counts[y] as number;
    for (let k = 0; k < count; k += ROWS_AT_ONCE) {
      // Beyond the last row, any row of the source will do: its weight is zero.
      const at = (row: number): number => first + Math.min(k + row, count - 1) * length;
      const weight = (row: number): number => (k + row < count ? (weights[y * stride + k + row] as number) : 0);
      const [a, b, c, d] = [at(0), at(1), at(2), at(3)];
      const [wa, wb, wc, wd] = [weight(0), weight(1), weight(2), weight(3)];
      for (let i = 0; i < length; i++) {
        sums[i] =
          (sums[i] as number) +
          Math.imul(data[a + i] as number, wa) +
          Math.imul(data[b + i] as number, wb) +
          Math.imul(data[c + i] as number, wc) +
          Math.imul(data[d + i] as number, wd);
      }
    }
    for (let i = 0; i < length; i++) out[y * length + i] = (sums[i] as number) >> PRECISION;
  }
  return { width, height, channels, data: new Uint8Array(out.buffer) };
}

function resizeNearest(source: Pixels, width: number, height: number, region: Region): Pixels {
  const { channels, step = channels, data } = source;
  const axes = axesOf(source);
  const columns = nearestPositions(axes.columns, width).subarray(region.x, region.x + region.width);
  const rows = nearestPositions(axes.rows, height).subarray(region.y, region.y + region.height);
  const out = new Uint8Array(region.width * region.height * channels);
  let o = 0;
  for (const y of rows) {
    for (const x of columns) {
      const start = (y * source.width + x) * step;
      for (let c = 0; c < channels; c++) out[o++] = data[start + c] as number;
    }
  }
  return { width: region.width, height: region.height, channels, data: out };
}

/** Pillow adds up the steps, and their rounding errors decide ties: so does this. */
function nearestPositions({ length, start, extent }: Axis, to: number): Int32Array {
  const step = extent / to;
  let at = start + step * 0.5;
  return Int32Array.from({ length: to }, () => {
    const position = Math.min(length - 1, Math.trunc(at));
    at += step;
    return position;
  });
}

/**
 * A map of one channel at another size: bilinear, without antialiasing.
 * @param values row by row
 */
export function resizeMap(
  values: Float32Array,
  [height, width]: readonly [height: number, width: number],
  [outHeight, outWidth]: readonly [height: number, width: number],
): Float32Array {
  const out = new Float32Array(outHeight * outWidth);
  sampleGrid(values, width, height, centres(width, outWidth), centres(height, outHeight), out);
  return out;
}

/** Centres of `to` equal parts of an axis, in its pixels. */
function centres(from: number, to: number): Float64Array {
  const positions = new Float64Array(to);
  for (let i = 0; i < to; i++) positions[i] = (i + 0.5) * (from / to) - 0.5;
  return positions;
}

/**
 * Bilinear samples on a grid of positions.
 * @param columns positions in pixels: 0 is the centre of the first column; beyond the edge the edge's value holds
 * @param rows the same for rows
 * @param out row by row, `rows.length * columns.length`
 */
export function sampleGrid(
  values: Float32Array,
  width: number,
  height: number,
  columns: Float64Array,
  rows: Float64Array,
  out: Float32Array,
): void {
  const lefts = new Int32Array(columns.length);
  const rights = new Int32Array(columns.length);
  const parts = new Float64Array(columns.length);
  for (let x = 0; x < columns.length; x++) {
    const at = Math.min(Math.max(columns[x] as number, 0), width - 1);
    lefts[x] = at;
    rights[x] = Math.min((lefts[x] as number) + 1, width - 1);
    parts[x] = at - (lefts[x] as number);
  }
  // Each line of the grid is stretched once, however many lines of the output lie beside it.
  const lines: (Float64Array | undefined)[] = [];
  const stretched = (row: number): Float64Array => {
    const known = lines[row];
    if (known) return known;
    const line = new Float64Array(columns.length);
    const start = row * width;
    for (let x = 0; x < line.length; x++) {
      const across = parts[x] as number;
      const [left, right] = [
        values[start + (lefts[x] as number)] as number,
        values[start + (rights[x] as number)] as number,
      ];
      line[x] = left * (1 - across) + right * across;
    }
    lines[row] = line;
    return line;
  };
  let o = 0;
  for (let y = 0; y < rows.length; y++) {
    const at = Math.min(Math.max(rows[y] as number, 0), height - 1);
    const part = at - Math.floor(at);
    const above = stretched(Math.floor(at));
    const below = stretched(Math.min(Math.floor(at) + 1, height - 1));
    const rest = 1 - part;
    for (let x = 0; x < above.length; x++) out[o++] = (above[x] as number) * rest + (below[x] as number) * part;
  }
}
