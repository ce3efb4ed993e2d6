/**
 * Bilinear resizing without antialiasing, to the digit as OpenCV's `INTER_LINEAR` on 8-bit images: half-pixel centres,
 * weights of 11 bits, and rounding once, after both passes. Detectors are trained and run with it.
 * @see https://docs.opencv.org/4.x/da/d54/group__imgproc__transform.html
 */
import { type Axis, axesOf, type Pixels, type Region } from './pixels.ts';

const ONE = 1 << 11;

/**
 * The image at another size.
 * @param region part of the resized image that is wanted
 */
export function resizeLinear(source: Pixels, width: number, height: number, region: Region): Pixels {
  const axes = axesOf(source);
  const columns = tapsOf(axes.columns, width, region.x, region.width, 'columns');
  const rows = tapsOf(axes.rows, height, region.y, region.height, 'rows');
  const { channels } = source;
  const length = region.width * channels;
  const out = new Uint8Array(region.height * length);
  // Neighbouring rows of the result lie between the same two rows of the source, or the next.
  const lines = new Map<number, Int32Array>();
  const line = (row: number): Int32Array => {
    const known = lines.get(row);
    if (known) return known;
    const fresh = stretch(source, row, columns);
    for (const old of lines.keys()) if (old < row - 1) lines.delete(old);
    lines.set(row, fresh);
    return fresh;
  };
  for (let y = 0; y < region.height; y++) {
    const [above, below] = [line(rows.first[y] as number), line(rows.second[y] as number)];
    const [upper, lower] = [rows.firstWeight[y] as number, rows.secondWeight[y] as number];
    for (let i = 0, o = y * length; i < length; i++, o++) {
      const sum = ((upper * (above[i] as number)) >> 16) + ((lower * (below[i] as number)) >> 16);
      out[o] = (sum + 2) >> 2;
    }
  }
  return { width: region.width, height: region.height, channels, data: out };
}

/** The two source positions of each output position, with their weights. */
interface Taps {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly firstWeight: Int32Array;
  readonly secondWeight: Int32Array;
}

/** Beyond the edges the last row counts twice, with weights that are rounded one by one; the last column counts once. */
function tapsOf(from: Axis, to: number, begin: number, count: number, axis: 'columns' | 'rows'): Taps {
  const [first, second, firstWeight, secondWeight] = Array.from({ length: 4 }, () => new Int32Array(count));
  const taps = { first, second, firstWeight, secondWeight } as Taps;
  const clamp = (position: number) => Math.min(Math.max(position, 0), from.length - 1);
  for (let i = 0; i < count; i++) {
    const at = Math.fround(from.start + (begin + i + 0.5) * (from.extent / to) - 0.5);
    const below = Math.floor(at);
    const between = axis === 'rows' || (below >= 0 && below < from.length - 1);
    const share = between ? Math.fround(at - below) : 0;
    taps.first[i] = clamp(below);
    taps.second[i] = clamp(below + 1);
    taps.firstWeight[i] = roundHalfEven(Math.fround(1 - share) * ONE);
    taps.secondWeight[i] = roundHalfEven(share * ONE);
  }
  return taps;
}

function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  return value - below === 0.5 ? below + (below & 1) : Math.round(value);
}

/** One row of the source at the width of the result, less the four lowest bits. */
function stretch({ width, channels, step = channels, data }: Pixels, row: number, columns: Taps): Int32Array {
  const { first, second, firstWeight, secondWeight } = columns;
  const line = new Int32Array(first.length * channels);
  for (let x = 0, o = 0; x < first.length; x++) {
    const [left, right] = [(row * width + (first[x] as number)) * step, (row * width + (second[x] as number)) * step];
    for (let c = 0; c < channels; c++) {
      const sum =
        (data[left + c] as number) * (firstWeight[x] as number) +
        (data[right + c] as number) * (secondWeight[x] as number);
      line[o++] = sum >> 4;
    }
  }
  return line;
}
