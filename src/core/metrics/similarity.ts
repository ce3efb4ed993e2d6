/** Similarity of two maps. */

/** Spearman's rank correlation, equal values sharing their mean rank; 0 when either map is flat. */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return pearson(ranks(a), ranks(b));
}

/** Pearson's correlation; 0 when either is flat. */
export function pearson(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  let [product, squaresA, squaresB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [(a[i] as number) - meanA, (b[i] as number) - meanB];
    product += x * y;
    squaresA += x * x;
    squaresB += y * y;
  }
  const scale = Math.sqrt(squaresA * squaresB);
  return scale > 0 ? product / scale : 0;
}

const WINDOW = 7;
const [K1, K2] = [0.01, 0.03];

/**
 * Structural similarity of two maps of [height, width] (Wang et al. 2004, "Image quality assessment"): the mean over all
 * windows of 7 x 7 that lie inside, with sample covariances and the range of both maps, as scikit-image computes it.
 * Smaller maps have smaller windows. 1 when they are the same.
 */
export function ssim(a: ArrayLike<number>, b: ArrayLike<number>, [height, width]: readonly [number, number]): number {
  const [down, across] = [Math.min(WINDOW, height), Math.min(WINDOW, width)];
  const range = rangeOf(a, b);
  if (range === 0) return 1;
  const [c1, c2] = [(K1 * range) ** 2, (K2 * range) ** 2];
  const count = down * across;
  const sample = count > 1 ? count / (count - 1) : 1;
  let [total, windows] = [0, 0];
  for (let top = 0; top + down <= height; top++) {
    for (let left = 0; left + across <= width; left++) {
      let [sumA, sumB, sumAA, sumBB, sumAB] = [0, 0, 0, 0, 0];
      for (let y = top; y < top + down; y++) {
        for (let i = y * width + left; i < y * width + left + across; i++) {
          const [x, z] = [a[i] as number, b[i] as number];
          sumA += x;
          sumB += z;
          sumAA += x * x;
          sumBB += z * z;
          sumAB += x * z;
        }
      }
      const [meanA, meanB] = [sumA / count, sumB / count];
      const varianceA = sample * (sumAA / count - meanA * meanA);
      const varianceB = sample * (sumBB / count - meanB * meanB);
      const covariance = sample * (sumAB / count - meanA * meanB);
      total +=
        ((2 * meanA * meanB + c1) * (2 * covariance + c2)) /
        ((meanA * meanA + meanB * meanB + c1) * (varianceA + varianceB + c2));
      windows++;
    }
  }
  return total / windows;
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum / values.length;
}

function ranks(values: ArrayLike<number>): Float64Array {
  const order = Uint32Array.from({ length: values.length }, (_, i) => i).sort(
    (a, b) => (values[a] as number) - (values[b] as number),
  );
  const out = new Float64Array(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to < order.length && values[order[to] as number] === values[order[from] as number]) to++;
    for (let i = from; i < to; i++) out[order[i] as number] = (from + to - 1) / 2;
    from = to;
  }
  return out;
}

function rangeOf(...maps: ArrayLike<number>[]): number {
  let [low, high] = [Infinity, -Infinity];
  for (const map of maps) {
    for (let i = 0; i < map.length; i++) {
      low = Math.min(low, map[i] as number);
      high = Math.max(high, map[i] as number);
    }
  }
  return high - low;
}
