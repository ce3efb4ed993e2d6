/** Overlap of two boxes. */

/** Intersection over union of the upright boxes `a[i..i + 3]` and `b[j..j + 3]`; 0 where neither has an area. */
export function iou(a: ArrayLike<number>, i: number, b: ArrayLike<number>, j: number): number {
  // Read one by one: destructuring may allocate, and this runs for every pair of boxes.
  const ax0 = a[i] as number;
  const ay0 = a[i + 1] as number;
  const ax1 = a[i + 2] as number;
  const ay1 = a[i + 3] as number;
  const bx0 = b[j] as number;
  const by0 = b[j + 1] as number;
  const bx1 = b[j + 2] as number;
  const by1 = b[j + 3] as number;
  const width = Math.min(ax1, bx1) - Math.max(ax0, bx0);
  const height = Math.min(ay1, by1) - Math.max(ay0, by0);
  if (!(width > 0 && height > 0)) return 0;
  const shared = width * height;
  return shared / ((ax1 - ax0) * (ay1 - ay0) + (bx1 - bx0) * (by1 - by0) - shared);
}

/** A box turned about its centre. */
export interface RotatedBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Radians. */
  readonly angle: number;
}

/**
 * Overlap of two rotated boxes as Gaussians of the same spread: one minus the Hellinger distance.
 * @see https://arxiv.org/abs/2106.06072 (Llerena et al. 2021), eq. 7 to 10
 */
export function gaussianOverlap(p: RotatedBox, q: RotatedBox): number {
  const [a, b] = [covariance(p), covariance(q)];
  const [xx, yy, xy] = [a.xx + b.xx, a.yy + b.yy, a.xy + b.xy];
  const determinant = xx * yy - xy * xy;
  if (!(determinant > 0)) return 0;
  const [dx, dy] = [p.x - q.x, p.y - q.y];
  const distance = (xx * dy * dy + yy * dx * dx - 2 * xy * dx * dy) / (4 * determinant);
  const own = Math.sqrt(Math.max(0, a.xx * a.yy - a.xy ** 2) * Math.max(0, b.xx * b.yy - b.xy ** 2));
  if (own === 0) return 0;
  const spread = Math.log(determinant / (4 * own)) / 2;
  return 1 - Math.sqrt(1 - Math.exp(-Math.max(0, distance + spread)));
}

/** Variances of the uniform distribution over the box. */
function covariance({ width, height, angle }: RotatedBox): { xx: number; yy: number; xy: number } {
  const [along, across] = [width ** 2 / 12, height ** 2 / 12];
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return {
    xx: along * cos * cos + across * sin * sin,
    yy: along * sin * sin + across * cos * cos,
    xy: (along - across) * cos * sin,
  };
}
