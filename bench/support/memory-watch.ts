/** Memory of the parts of a measurement, sampled while it runs. */

const SAMPLE_MS = 250;
/** Samples below which nothing is said about growth. */
const MIN_SAMPLES = 100;
/** Maximum growth from the middle of a run to its end, where none is given. */
const MAX_GROWTH = 1.25;
const MIB = 2 ** 20;

/** Lowest values of each tenth in MiB: what was left when garbage had just been collected. */
export function lows(series: readonly number[]): number[] {
  const part = (i: number) =>
    series.slice(Math.floor((i * series.length) / 10), Math.floor(((i + 1) * series.length) / 10));
  return Array.from({ length: 10 }, (_, i) => Math.min(...part(i)) / MIB);
}

export const shown = (series: readonly number[]): string => series.map((value) => value.toFixed(0)).join(' ');

/**
 * Compares the lows at the end of a run with those in its middle.
 * @param max growth that is no fault, as a factor
 * @returns a sentence when they grew by more; undefined as well for too few samples
 */
export function growth(name: string, series: readonly number[], max = MAX_GROWTH): string | undefined {
  const held = lows(series);
  const [middle, end] = [Math.min(...held.slice(3, 6)), Math.min(...held.slice(7))];
  if (series.length < MIN_SAMPLES || end <= max * middle) return undefined;
  return `${name} grew from ${middle.toFixed(0)} to ${end.toFixed(0)} MiB`;
}

/** Series of samples in bytes, one for each part. */
export class MemoryWatch<Part extends string> {
  readonly series: Readonly<Record<Part, number[]>>;
  private readonly timer: NodeJS.Timeout;

  /** @param parts read the bytes of each part; NaN is no sample */
  constructor(parts: Readonly<Record<Part, () => Promise<number>>>) {
    const readers = Object.entries<() => Promise<number>>(parts) as [Part, () => Promise<number>][];
    this.series = Object.fromEntries(readers.map(([part]) => [part, [] as number[]])) as Record<Part, number[]>;
    this.timer = setInterval(() => {
      for (const [part, read] of readers) {
        void read().then((bytes) => {
          if (!Number.isNaN(bytes)) this.series[part].push(bytes);
        });
      }
    }, SAMPLE_MS);
  }

  stop(): void {
    clearInterval(this.timer);
  }
}
