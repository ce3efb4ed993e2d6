/** Instance masks as sums of prototypes, cut to their box. */

import { RunLengths } from '../../core/image/run-length.ts';
import type { Prediction } from '../../core/task/task.ts';
import type { ImageView } from '../upright.ts';
import type { Prototypes } from './head.ts';

/** Sum of the prototypes, weighted: `[height, width]` logits. */
export function weigh({ data, channels, height, width }: Prototypes, factors: Float32Array): Float32Array {
  const cells = height * width;
  const sum = new Float32Array(cells);
  for (let c = 0; c < channels; c++) {
    const factor = factors[c] as number;
    for (let i = 0, from = c * cells; i < cells; i++, from++) {
      sum[i] = (sum[i] as number) + factor * (data[from] as number);
    }
  }
  return sum;
}

/**
 * The mask at the size of the image: logits above 0 after bilinear interpolation, inside of `box` (in pixels of the
 * image).
 */
export function maskOf(
  logits: Float32Array,
  { height, width }: Pick<Prototypes, 'height' | 'width'>,
  box: readonly [number, number, number, number],
  { placement, image }: ImageView,
): NonNullable<Prediction['mask']> {
  const columns = samples(box[0], box[2], placement.x, placement.width, width, image.width);
  const rows = samples(box[1], box[3], placement.y, placement.height, height, image.height);
  const runs = new RunLengths();
  const line = new Float32Array(height);
  for (let c = 0; c < columns.count; c++) {
    const { below, above, share } = columns.at(c);
    for (let y = 0; y < height; y++) {
      const start = y * width;
      line[y] = mix(logits[start + below] as number, logits[start + above] as number, share);
    }
    const offset = (columns.first + c) * image.height + rows.first;
    addColumn(runs, line, rows, offset);
  }
  return { size: [image.height, image.width], counts: runs.encode(image.height * image.width) };
}

function addColumn(runs: RunLengths, line: Float32Array, rows: Samples, offset: number): void {
  let start = -1;
  for (let r = 0; r < rows.count; r++) {
    const { below, above, share } = rows.at(r);
    const inside = mix(line[below] as number, line[above] as number, share) > 0;
    if (inside && start < 0) start = r;
    if (!inside && start >= 0) {
      runs.add(offset + start, offset + r);
      start = -1;
    }
  }
  if (start >= 0) runs.add(offset + start, offset + rows.count);
}

const mix = (a: number, b: number, share: number): number => a + (b - a) * share;

interface Sample {
  readonly below: number;
  readonly above: number;
  readonly share: number;
}

interface Samples {
  /** First pixel. */
  readonly first: number;
  readonly count: number;
  at(index: number): Sample;
}

/**
 * Pixels of one axis whose edge lies in `from` (inclusive) to `to` (exclusive), as Ultralytics cuts masks to their boxes,
 * and the two cells of the prototypes that the centre of each lies between.
 */
function samples(from: number, to: number, start: number, extent: number, cells: number, max: number): Samples {
  const first = Math.max(0, Math.ceil(from));
  const count = Math.max(0, Math.min(max, Math.ceil(to)) - first);
  const all = Array.from({ length: count }, (_, i): Sample => {
    const place = ((first + i + 0.5 - start) / extent) * cells - 0.5;
    const clamped = Math.min(Math.max(place, 0), cells - 1);
    const below = Math.floor(clamped);
    return { below, above: Math.min(below + 1, cells - 1), share: clamped - below };
  });
  return { first, count, at: (index) => all[index] as Sample };
}
