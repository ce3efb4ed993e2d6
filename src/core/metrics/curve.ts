/** Areas under curves. */

/** Area by trapezoids under points at equal distances over [0, 1]: the curve's mean. */
export function areaUnder(scores: ArrayLike<number>): number {
  const last = scores.length - 1;
  if (last < 1) return scores[0] ?? 0;
  let area = ((scores[0] as number) + (scores[last] as number)) / 2;
  for (let i = 1; i < last; i++) area += scores[i] as number;
  return area / last;
}

/** Area by trapezoids under points at distance 1, as Quantus computes it; the value of a single point. */
export const distanceOneArea = (scores: ArrayLike<number>): number =>
  areaUnder(scores) * Math.max(1, scores.length - 1);
