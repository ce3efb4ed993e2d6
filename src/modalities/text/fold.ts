/** Sums of features to their groups. */
import type { Features } from '../../core/modality/modality.ts';

/** Sum over the features of each group. */
export function foldGroups(values: ArrayLike<number>, { list, groups = [] }: Features): Float64Array {
  const sums = new Float64Array(groups.length);
  for (const [i, { group }] of list.entries()) {
    if (group !== undefined) sums[group] = (sums[group] as number) + (values[i] as number);
  }
  return sums;
}
