/**
 * COCO's compressed run-length code of binary masks.
 * @see https://github.com/cocodataset/cocoapi (common/maskApi.h)
 */

/**
 * Run lengths as COCO writes them: each from the third on as the difference to the one two before; five bits and a
 * continuation bit a character, the lowest first, sign-extended, from code 48 on.
 */
export function encodeRuns(runs: ArrayLike<number>): string {
  let text = '';
  for (let i = 0; i < runs.length; i++) {
    let rest = (runs[i] as number) - (i > 2 ? (runs[i - 2] as number) : 0);
    for (let more = true; more; ) {
      const bits = rest & 31;
      rest >>= 5;
      more = bits & 16 ? rest !== -1 : rest !== 0;
      text += String.fromCharCode((more ? bits | 32 : bits) + 48);
    }
  }
  return text;
}

/** The run lengths of a code. */
export function decodeRuns(text: string): number[] {
  const runs: number[] = [];
  for (let at = 0; at < text.length; ) {
    let [value, shift, more] = [0, 0, true];
    while (more) {
      const bits = text.charCodeAt(at++) - 48;
      value |= (bits & 31) << shift;
      shift += 5;
      more = (bits & 32) !== 0;
      if (!more && bits & 16 && shift < 32) value |= -1 << shift;
    }
    runs.push(value + (runs.length > 2 ? (runs.at(-2) as number) : 0));
  }
  return runs;
}

/** Collects runs of a mask that is walked down its columns. */
export class RunLengths {
  private readonly runs: number[] = [0];
  /** Pixels so far. */
  private length = 0;

  /** Adds the pixels `from` (inclusive) to `to` (exclusive), counted down the columns, in ascending order. */
  add(from: number, to: number): void {
    if (to <= from) return;
    const gap = from - this.length;
    const last = this.runs.length - 1;
    // Runs at odd places are of ones.
    if (gap === 0 && last % 2 === 1) this.runs[last] = (this.runs[last] as number) + to - from;
    else if (last % 2 === 0) {
      this.runs[last] = (this.runs[last] as number) + gap;
      this.runs.push(to - from);
    } else this.runs.push(gap, to - from);
    this.length = to;
  }

  /** The code of a mask of `size` pixels. */
  encode(size: number): string {
    if (size === this.length) return encodeRuns(this.runs);
    return encodeRuns(this.runs.length % 2 === 1 ? [size] : [...this.runs, size - this.length]);
  }
}

/** The code of a mask of `size` [height, width], 1 inside and 0 outside, row by row. */
export function encodeMask(mask: Uint8Array, size: readonly [height: number, width: number]): CodedMask {
  const [height, width] = size;
  const runs = new RunLengths();
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) if (mask[y * width + x]) runs.add(x * height + y, x * height + y + 1);
  }
  return { size, counts: runs.encode(height * width) };
}

/** A binary mask in COCO's code: compressed, or as the run lengths themselves. `size` is [height, width]. */
export interface CodedMask {
  readonly size: readonly [number, number];
  readonly counts: string | readonly number[];
}

/**
 * The mask at another size, 1 inside and 0 outside, row by row: every pixel takes the value at its centre. The whole mask
 * is never held.
 */
export function maskAtSize({ size, counts }: CodedMask, width: number, height: number): Uint8Array {
  const [rows, columns] = size;
  const out = new Uint8Array(width * height);
  const runs = typeof counts === 'string' ? decodeRuns(counts) : counts;
  // Runs go down the columns, and so does the walk through the result.
  let [run, end] = [0, runs[0] ?? 0];
  let before = -1;
  for (let x = 0; x < width; x++) {
    const column = Math.floor(((x + 0.5) * columns) / width);
    if (column === before) {
      for (let i = x; i < out.length; i += width) out[i] = out[i - 1] as number;
      continue;
    }
    before = column;
    for (let y = 0; y < height; y++) {
      const place = column * rows + Math.floor(((y + 0.5) * rows) / height);
      while (place >= end && run < runs.length - 1) end += runs[++run] as number;
      // Runs at odd places are of ones.
      if (place < end && run % 2 === 1) out[y * width + x] = 1;
    }
  }
  return out;
}
