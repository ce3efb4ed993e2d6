/** Steps that reference libraries take after the method proper, done here so that the numbers can be compared. */
import { resizeMap } from '../../src/core/image/resize.ts';

/**
 * The map that pytorch-grad-cam gives out: negative values cut, scaled to [0, 1], enlarged to the input's size, scaled
 * again (`BaseCAM.compute_cam_per_layer`, `scale_cam_image`).
 *
 * @param shape of the layer's map, ending in height and width
 * @param expected ditto of the reference
 */
export function camMap(values: Float32Array, shape: readonly number[], expected: readonly number[]): Float32Array {
  const [height = 1, width = 1] = shape.slice(-2);
  const [outHeight = 1, outWidth = 1] = expected.slice(-2);
  const cut = Float32Array.from(values, (value) => Math.max(0, value));
  return scaled(resizeMap(scaled(cut), [height, width], [outHeight, outWidth]));
}

/** To [0, 1]; the small number keeps a map of zeros from dividing by zero, as in the reference. */
function scaled(values: Float32Array): Float32Array {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return values.map((value) => (value - low) / (1e-7 + high - low));
}
