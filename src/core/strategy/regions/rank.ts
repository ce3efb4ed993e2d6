/** Regions in the order of how much attribution they hold (Kapishnikov et al. 2019, "XRAI: better attributions through regions"). */
import type { Region } from './pieces.ts';

export interface RankOptions {
  /**
   * `full` looks anew for the densest region after each that was taken, counting only what it would add; `fast` goes by
   * the density that each region has as a whole.
   */
  readonly algorithm: 'full' | 'fast';
  /** A region that would add fewer pixels is not taken. */
  readonly least: number;
}

/**
 * For each pixel the density (mean attribution) of what it came in with. Pixels that no region brought in have their
 * common mean.
 */
export function rankRegions(
  attribution: ArrayLike<number>,
  regions: readonly Region[],
  { algorithm, least }: RankOptions,
): Float32Array {
  const values = new Float32Array(attribution.length).fill(Number.NaN);
  const give = (pixels: readonly number[], density: number): void => {
    for (const pixel of pixels) values[pixel] = density;
  };
  const open = (pixels: Iterable<number>): number[] => [...pixels].filter((pixel) => Number.isNaN(values[pixel]));
  const mean = (pixels: ArrayLike<number>): number => {
    let sum = 0;
    for (let i = 0; i < pixels.length; i++) sum += attribution[pixels[i] as number] as number;
    return sum / pixels.length;
  };
  if (algorithm === 'fast') {
    const ranked = regions.map((region) => ({ region, density: mean(region) })).sort((a, b) => b.density - a.density);
    for (const { region, density } of ranked) {
      const added = open(region);
      if (added.length >= least) give(added, density);
    }
  } else {
    for (const { region, density } of greedy(attribution, regions, least)) give(open(region), density);
  }
  const rest = open(values.keys());
  if (rest.length > 0) give(rest, mean(rest));
  return values;
}

/** One region after the other: always the one whose new pixels are densest. */
function* greedy(
  attribution: ArrayLike<number>,
  regions: readonly Region[],
  least: number,
): Generator<{ region: Region; density: number }> {
  const left = regions.map((region) => region.length);
  const sums = regions.map((region) => region.reduce((sum, pixel) => sum + (attribution[pixel] as number), 0));
  const holders: number[][] = Array.from(attribution as ArrayLike<unknown>, () => []);
  for (const [i, region] of regions.entries()) for (const pixel of region) holders[pixel]?.push(i);
  const taken = new Uint8Array(attribution.length);
  for (;;) {
    let [best, most] = [-1, -Infinity];
    for (let i = 0; i < regions.length; i++) {
      const density = (sums[i] as number) / (left[i] as number);
      if ((left[i] as number) >= least && density > most) [best, most] = [i, density];
    }
    if (best < 0) return;
    const region = regions[best] as Region;
    yield { region, density: most };
    for (const pixel of region) {
      if (taken[pixel]) continue;
      taken[pixel] = 1;
      for (const i of holders[pixel] as number[]) {
        left[i] = (left[i] as number) - 1;
        sums[i] = (sums[i] as number) - (attribution[pixel] as number);
      }
    }
  }
}
