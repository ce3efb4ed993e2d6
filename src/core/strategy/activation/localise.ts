/** The box around what a saliency map marks: weakly supervised localisation. */
import * as z from 'zod';
import type { NamedBox } from '../../method/results.ts';
import type { Tensor } from '../../tensor/tensor.ts';

export const boxThresholdParameter = z
  .number()
  .min(0)
  .lt(1)
  .default(0)
  .describe(
    'Adds a box around the largest connected region of the map above this share of its maximum; 0 gives none. CAM takes 0.2, Grad-CAM 0.15.',
  );

/** Phrase of `returns.boxes` for methods with {@link boxThresholdParameter}. */
export const BOX_RETURNED =
  'the box around the largest region above `box_threshold` of the maximum, with the share of the positive map that lies in it';

/**
 * The box around the largest region of positions that touch at an edge and reach `threshold` of the maximum; none for a
 * map without a value above zero.
 * @param map [height, width]
 * @param threshold above 0 and below 1
 * @see https://arxiv.org/abs/1512.04150 section 3.2
 */
export function boxAround({ dims, data }: Tensor<'float32'>, threshold: number): NamedBox[] {
  const [height = 1, width = 1] = dims;
  const highest = data.reduce((most, value) => Math.max(most, value), 0);
  if (highest === 0) return [];
  const seen = Uint8Array.from(data, (value) => (value >= threshold * highest ? 0 : 1));
  let largest: readonly number[] = [];
  for (let start = 0; start < data.length; start++) {
    if (seen[start]) continue;
    const region = flood(start, seen, width, height);
    if (region.length > largest.length) largest = region;
  }
  const columns = largest.map((at) => at % width);
  const rows = largest.map((at) => Math.floor(at / width));
  const [left, right] = rangeOf(columns);
  const [top, bottom] = rangeOf(rows);
  let [inside, all] = [0, 0];
  for (let at = 0; at < data.length; at++) {
    const value = Math.max(0, data[at] as number);
    const [x, y] = [at % width, Math.floor(at / width)];
    all += value;
    if (x >= left && x <= right && y >= top && y <= bottom) inside += value;
  }
  return [{ name: 'region', box: [left, top, right + 1, bottom + 1], score: inside / all }];
}

const rangeOf = (values: readonly number[]): [number, number] => [
  values.reduce((least, value) => Math.min(least, value), Infinity),
  values.reduce((most, value) => Math.max(most, value), -Infinity),
];

/** Positions that are connected with `start`; they are marked in `seen`. */
function flood(start: number, seen: Uint8Array, width: number, height: number): number[] {
  const region = [start];
  seen[start] = 1;
  for (const at of region) {
    const [x, y] = [at % width, Math.floor(at / width)];
    const around = [x > 0 && at - 1, x < width - 1 && at + 1, y > 0 && at - width, y < height - 1 && at + width];
    for (const next of around) {
      if (next === false || seen[next]) continue;
      seen[next] = 1;
      region.push(next);
    }
  }
  return region;
}
