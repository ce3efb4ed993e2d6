/** Region of an object in the image: a box or a mask. */
import { WhylightError } from '../errors.ts';

export interface Region {
  /** [height, width] */
  readonly dims: readonly [number, number];
  /** 1 inside, 0 outside, row by row. */
  readonly inside: Uint8Array;
}

/** Left, top, right and bottom edge; pixels whose centre lies between are inside. */
export type Box = readonly [left: number, top: number, right: number, bottom: number];

/** The pixels in any of the boxes. Boxes are in pixels of the region. */
export function regionOfBoxes(boxes: readonly Box[], [height, width]: readonly [number, number]): Region {
  const inside = new Uint8Array(height * width);
  for (const [left, top, right, bottom] of boxes) {
    for (let y = Math.max(0, Math.ceil(top - 0.5)); y < Math.min(height, Math.ceil(bottom - 0.5)); y++) {
      const row = y * width;
      inside.fill(
        1,
        row + Math.max(0, Math.ceil(left - 0.5)),
        row + Math.max(0, Math.min(width, Math.ceil(right - 0.5))),
      );
    }
  }
  return { dims: [height, width], inside };
}

/**
 * The region, fitting a map of this shape.
 * @throws WhylightError `unprocessable_method` when there is none, it is empty, or of another shape.
 */
export function regionFor(metric: string, region: Region | undefined, dims: readonly number[]): Region {
  const problem = !region
    ? 'needs a box or a mask of the object'
    : region.dims.some((dim, axis) => dim !== dims[axis])
      ? `has a region of ${region.dims.join('x')} for a map of ${dims.join('x')}`
      : region.inside.every((one) => one === 0)
        ? 'has an empty box or mask: it says nothing'
        : undefined;
  if (region && problem === undefined) return region;
  throw new WhylightError('unprocessable_method', `${metric} ${problem}.`, { metric });
}
