/** Reduction of images by whole factors. */
import type { Image } from './image.ts';

/**
 * Averages blocks of `factor` x `factor` pixels, weighted by alpha; blocks at the right and bottom edge may be smaller.
 * @returns an image of `ceil(side / factor)` pixels a side
 */
export function reduceImage({ width, height, data, opaque }: Image, factor: number): Image {
  const [outWidth, outHeight] = [Math.ceil(width / factor), Math.ceil(height / factor)];
  const out = new Uint8Array(outWidth * outHeight * 4);
  for (let y = 0; y < outHeight; y++) {
    const bottom = Math.min(height, (y + 1) * factor);
    for (let x = 0; x < outWidth; x++) {
      const right = Math.min(width, (x + 1) * factor);
      let [red, green, blue, alpha, count] = [0, 0, 0, 0, 0];
      for (let row = y * factor; row < bottom; row++) {
        for (let i = (row * width + x * factor) * 4; i < (row * width + right) * 4; i += 4) {
          const weight = data[i + 3] as number;
          red += (data[i] as number) * weight;
          green += (data[i + 1] as number) * weight;
          blue += (data[i + 2] as number) * weight;
          alpha += weight;
          count++;
        }
      }
      const at = (y * outWidth + x) * 4;
      if (alpha > 0) {
        out[at] = Math.round(red / alpha);
        out[at + 1] = Math.round(green / alpha);
        out[at + 2] = Math.round(blue / alpha);
      }
      out[at + 3] = Math.round(alpha / count);
    }
  }
  return { width: outWidth, height: outHeight, data: out, ...(opaque && { opaque }) };
}
