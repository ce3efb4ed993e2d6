/**
 * NanoDet: one output `[N, cells, classes + 4 * bins]`; class probabilities, then for each side of the box a distribution
 * over its distance from the cell's centre, in cells.
 * @see https://arxiv.org/abs/2006.04388 (generalised focal loss)
 */
import { imageSize, isFloat, isImageInput, type TaskDescription } from '../../description.ts';
import { type DetectionFormat, defineFormat, type InputSize } from '../format.ts';
import { cellAt, levelsOf, pyramidOf } from '../grid.ts';
import type { Head } from '../head.ts';
import { type Row, rowOf, softmax } from '../rows.ts';

interface NanoDetFormat extends DetectionFormat {
  readonly id: 'nanodet';
  readonly output: string;
  readonly classes: number;
  readonly bins: number;
}

const BINS = 8;
const COCO_CHANNELS = 80 + 4 * BINS;

export const nanodet = defineFormat<NanoDetFormat>({
  id: 'nanodet',
  recognise({ inputs, outputs, labels }: TaskDescription) {
    const size = inputs.find(isImageInput) && inputs.map(imageSize).find((found) => found !== undefined);
    const [output] = outputs;
    if (!size || outputs.length !== 1 || !output || !isFloat(output) || output.shape.length !== 3) return undefined;
    const [, cells, channels] = output.shape;
    if (typeof cells !== 'number' || pyramidOf(size, cells)?.each !== 1) return undefined;
    if (channels !== (labels ? labels.length + 4 * BINS : COCO_CHANNELS)) return undefined;
    const classes = channels - 4 * BINS;
    const format = { id: 'nanodet' as const, output: output.name, classes, bins: BINS, ...(labels && { labels }) };
    return { evidence: labels ? 0.95 : 0.85, doubts: [], format };
  },
  defaults: () => ({ threshold: 0.35, overlap: 0.6, max: 100, clip: true }),
  read: ({ output, classes, bins }, outputs, size, row) => ({
    heads: [headOf(output, rowOf(outputs, output, row), { classes, bins }, size)],
  }),
});

function headOf(
  output: string,
  { dims, data }: Row,
  { classes, bins }: Pick<NanoDetFormat, 'classes' | 'bins'>,
  size: InputSize,
): Head {
  const [count = 0, step = 1] = dims;
  const strides = pyramidOf(size, count)?.strides ?? [8, 16, 32];
  const levels = levelsOf(size, strides);
  // Four levels are NanoDet-Plus, whose cells count from their corner; three are its predecessor, from the centre.
  const origin = strides.length > 3 ? 0 : 0.5;
  const shares = new Float32Array(bins);
  const distance = (start: number): number => {
    softmax(data, start, bins, shares, 0);
    return shares.reduce((sum, share, bin) => sum + share * bin, 0);
  };
  return {
    count,
    first: 0,
    scores: { output, data, start: 0, step, stride: 1, classes },
    box(cell, out, at) {
      const { column, row, stride } = cellAt(levels, cell);
      const sides = [0, 1, 2, 3].map((side) => distance(cell * step + classes + side * bins));
      const [left, top, right, bottom] = sides as [number, number, number, number];
      const [x, y] = [column + origin, row + origin];
      out.set(
        [x - left, y - top, x + right, y + bottom].map((cells) => cells * stride),
        at,
      );
    },
  };
}
