/** Attributions of elements as one value for each feature. */
import type { Features } from './modality.ts';

/** Sum of the attributions of each feature's elements, over all inputs. */
export function foldSums(
  attribution: Readonly<Record<string, { readonly data: ArrayLike<number> }>>,
  { list, mask }: Features,
): Float64Array {
  const sums = new Float64Array(list.length);
  for (const [input, indices] of Object.entries(mask)) {
    const data = attribution[input]?.data;
    if (!data) continue;
    for (const [i, feature] of indices.entries()) {
      if (feature >= 0) sums[feature] = (sums[feature] as number) + (data[i] as number);
    }
  }
  return sums;
}
