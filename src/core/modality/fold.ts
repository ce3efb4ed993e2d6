/** Attributions of elements as one value for each feature. */
import type { Features } from './modality.ts';

/**
 * Sum of the attributions of each feature's elements, over all inputs. An attribution may have further dims behind the
 * elements (the channels of an embedding), over which it is summed, too.
 */
export function foldSums(
  attribution: Readonly<Record<string, { readonly data: ArrayLike<number> }>>,
  { list, mask }: Features,
): Float64Array {
  const sums = new Float64Array(list.length);
  for (const [input, indices] of Object.entries(mask)) {
    const data = attribution[input]?.data;
    if (!data || indices.length === 0) continue;
    const channels = Math.max(1, Math.floor(data.length / indices.length));
    for (const [element, feature] of indices.entries()) {
      if (feature < 0) continue;
      for (let i = element * channels; i < (element + 1) * channels; i++) {
        sums[feature] = (sums[feature] as number) + (data[i] as number);
      }
    }
  }
  return sums;
}
