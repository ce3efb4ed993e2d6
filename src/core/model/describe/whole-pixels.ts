/** Images of whole numbers: their pixels are the input as they are. */
import { pixelScale } from '../../image/pixel-type.ts';
import { type Preprocessing, parsePreprocessing } from '../../image/preprocess.ts';
import type { Dim, ValueInfo } from '../../onnx/graph.ts';

/**
 * The preprocessing of an image input by its type and shape alone.
 * @param rows axis that counts rows; null for none
 * @returns undefined for floating point numbers, which may be scaled in any way, and while the size is open
 */
export function wholePixels(
  { dtype, dims = [] }: ValueInfo,
  layout: string,
  rows: number | null,
): Preprocessing | undefined {
  const scale = pixelScale(dtype);
  const row = dims.filter((_, axis) => axis !== rows);
  if (scale.scale === undefined || row.length !== 3) return undefined;
  const isLast = layout.endsWith('C');
  const [channels, height, width] = (isLast ? [row[2], row[0], row[1]] : row) as [Dim, Dim, Dim];
  if (typeof height !== 'number' || typeof width !== 'number' || (channels !== 1 && channels !== 3)) return undefined;
  return parsePreprocessing({
    ...scale,
    size: [height, width],
    layout: isLast ? 'NHWC' : 'NCHW',
    ...(channels === 1 && { color: 'gray' }),
  });
}
