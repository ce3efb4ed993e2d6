/** Maps of the drops of the score that sliding windows cause. */
import { float32, sizeOf, type Tensor } from '../../tensor/tensor.ts';
import { sizeOfMap } from '../precision.ts';
import type { Level, Windows } from './windows.ts';

/**
 * Maps after each level of windows. They are made when they are asked for, as one of a whole image takes about as long
 * as all of its windows; those of the last two levels are kept.
 */
export class WindowMaps {
  /** Drop of the score by window, to be filled in level by level. */
  readonly drops: Float64Array;
  private readonly dims: readonly number[];
  private readonly windows: Windows;
  private readonly aggregation: 'mean' | 'sum';
  private readonly made = new Map<number, Tensor<'float32'>>();

  /**
   * @param dims shape of the maps, [1, ...input]
   * @param aggregation what an element has of the drops of the windows that cover it
   */
  constructor(dims: readonly number[], windows: Windows, aggregation: 'mean' | 'sum') {
    this.dims = dims;
    this.windows = windows;
    this.aggregation = aggregation;
    this.drops = new Float64Array(windows.count);
  }

  /** The map after the windows of this level and those before it; each stands for the missing ones around it. */
  after(level: number): Tensor<'float32'> {
    const known = this.made.get(level);
    if (known) return known;
    for (const old of this.made.keys()) if (old < level - 1) this.made.delete(old);
    const map = this.mapOf(this.windows.levels.slice(0, level + 1));
    this.made.set(level, map);
    return map;
  }

  /** Root mean square of what this level has changed in the map; undefined for the first. */
  change(level: number): number | undefined {
    if (level === 0) return undefined;
    const [{ data: before }, { data }] = [this.after(level - 1), this.after(level)];
    const difference = new Float32Array(data.length);
    for (let i = 0; i < data.length; i++) difference[i] = (data[i] as number) - (before[i] as number);
    return sizeOfMap(difference).rootMeanSquare;
  }

  /** Root mean square of the map after this level. */
  size(level: number): number {
    return sizeOfMap(this.after(level).data).rootMeanSquare;
  }

  private mapOf(levels: readonly Level[]): Tensor<'float32'> {
    const { dims, windows, drops, aggregation } = this;
    const { stretch } = levels.at(-1) as Level;
    const [sums, covers] = [new Float64Array(sizeOf(dims)), new Uint32Array(sizeOf(dims))];
    for (const index of levels.flatMap((level) => level.windows)) {
      const drop = drops[index] as number;
      windows.each(
        index,
        (from, to) => {
          for (let i = from; i < to; i++) {
            sums[i] = (sums[i] as number) + drop;
            covers[i] = (covers[i] as number) + 1;
          }
        },
        stretch,
      );
    }
    const map = float32(dims);
    const all = aggregation === 'sum' ? this.allCovers() : undefined;
    for (let i = 0; i < map.data.length; i++) {
      const mean = (sums[i] as number) / Math.max(1, covers[i] as number);
      map.data[i] = all ? mean * (all[i] as number) : mean;
    }
    return map;
  }

  /** Number of windows that cover each element, counting those that have not run yet. */
  private allCovers(): Uint32Array {
    const { windows, dims } = this;
    const counts = new Uint32Array(sizeOf(dims));
    for (let index = 0; index < windows.count; index++) {
      windows.each(index, (from, to) => {
        for (let i = from; i < to; i++) counts[i] = (counts[i] as number) + 1;
      });
    }
    return counts;
  }
}
