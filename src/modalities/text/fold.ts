/** Sums of attributions: of elements to features, and of features to their groups. */
import type { Features } from '../../core/modality/modality.ts';
import type { Float32Tensors } from '../../core/tensor/rows.ts';

/**
 * Sum over the tokens of each feature. An attribution may have further dims behind the tokens (the channels of an
 * embedding), over which it is summed too.
 */
export function foldTokens(attribution: Float32Tensors, { list, mask }: Features): Float64Array {
  const sums = new Float64Array(list.length);
  for (const [input, indices] of Object.entries(mask)) {
    const data = attribution[input]?.data;
    if (!data || indices.length === 0) continue;
    const channels = Math.max(1, Math.floor(data.length / indices.length));
    for (const [token, feature] of indices.entries()) {
      if (feature < 0) continue;
      for (let i = token * channels; i < (token + 1) * channels; i++) {
        sums[feature] = (sums[feature] as number) + (data[i] as number);
      }
    }
  }
  return sums;
}

/** Sum over the features of each group. */
export function foldGroups(values: ArrayLike<number>, { list, groups = [] }: Features): Float64Array {
  const sums = new Float64Array(groups.length);
  for (const [i, { group }] of list.entries()) {
    if (group !== undefined) sums[group] = (sums[group] as number) + (values[i] as number);
  }
  return sums;
}
