/**
 * Dense heads of the YOLO family: v5 and v7 (with objectness), v8 to v12 (without), YOLOX, FastestDet; with masks, key
 * points or angles. One candidate for each cell or anchor, suppression left to the reader.
 * @see https://arxiv.org/abs/2107.08430 (YOLOX: boxes in cells of three strides)
 */

import { readUltralytics } from '../../../core/model/describe/ultralytics.ts';
import { isFloat, isImageInput, type TaskDescription, type TensorFact } from '../../description.ts';
import { type BoxSource, fourElements } from '../box-source.ts';
import { type DetectionFormat, defineFormat, type InputSize } from '../format.ts';
import { cellAt, type Level, levelsOf, pyramidOf } from '../grid.ts';
import type { Column, Detections, Head } from '../head.ts';
import { prototypesOf, type Row, rowOf } from '../rows.ts';
import { type Extras, yoloLayout } from './yolo-layout.ts';

export interface YoloFormat extends DetectionFormat {
  readonly id: 'yolo';
  readonly output: string;
  readonly prototypes?: string;
  readonly channelAxis: 1 | 2;
  readonly classes: number;
  readonly objectness: boolean;
  readonly extras?: Extras;
  /**
   * `pixels`: centre and size in pixels of the input; `relative`: in shares of it; `cells`: centre from the cell's corner
   * in cells, logarithm of the size in cells. Absent until numbers have been seen.
   */
  readonly boxes?: 'pixels' | 'relative' | 'cells';
}

export const yolo = defineFormat<YoloFormat>({
  id: 'yolo',
  recognise(description) {
    if (!description.inputs.some(isImageInput)) return undefined;
    const found = outputsOf(description);
    const metadata = readUltralytics(description.metadata);
    if (!found || metadata?.final || metadata?.task === 'classify') return undefined;
    const layout = yoloLayout(description, found.output, found.prototypes);
    if (!layout) return undefined;
    const { evidence, doubts, ...rest } = layout;
    const labels = metadata?.names ?? description.labels;
    const format: YoloFormat = {
      id: 'yolo',
      output: found.output.name,
      ...(found.prototypes && { prototypes: found.prototypes.name }),
      ...rest,
      ...(metadata && { boxes: 'pixels' as const }),
      ...(labels && { labels }),
      ...(metadata?.keypointNames && { keypointNames: metadata.keypointNames }),
    };
    return { evidence, doubts, format };
  },
  // Boxes in shares of the input come from decoders that predict a set: they need no suppression.
  defaults: ({ boxes, objectness }) => ({
    threshold: 0.25,
    // Boxes in shares of the input come from decoders that predict a set: they need no suppression.
    ...(boxes !== 'relative' && { overlap: objectness ? 0.45 : 0.7 }),
    max: 300,
    clip: true,
  }),
  settle: (format, outputs, size) =>
    format.boxes ? format : { ...format, boxes: boxForm(columnsOf(format, rowOf(outputs, format.output, 0)), size) },
  read(format, outputs, size, row): Detections {
    const head = headOf(format, rowOf(outputs, format.output, row), size);
    const prototypes = format.prototypes && prototypesOf(outputs, format.prototypes, row);
    return { heads: [head], ...(prototypes && { prototypes }) };
  },
});

/** The only output of rank 3 and, beside it, mask prototypes `[N, C, h, w]`. */
function outputsOf({ outputs }: TaskDescription): { output: TensorFact; prototypes?: TensorFact } | undefined {
  const [output, ...others] = outputs.filter((fact) => isFloat(fact) && fact.shape.length === 3);
  const prototypes = outputs.find((fact) => isFloat(fact) && fact.shape.length === 4);
  return output && others.length === 0 ? { output, ...(prototypes && { prototypes }) } : undefined;
}

interface Columns {
  readonly count: number;
  /** Distance between two channels of one candidate. */
  readonly stride: number;
  channel(index: number): Column;
}

function columnsOf({ channelAxis }: YoloFormat, { dims, data }: Row): Columns {
  const [channels, count] = channelAxis === 1 ? [dims[0], dims[1]] : [dims[1], dims[0]];
  const [step, stride] = channelAxis === 1 ? [1, count as number] : [channels as number, 1];
  return { count: count as number, stride, channel: (index) => ({ data, start: index * stride, step }) };
}

/** The form of the boxes by their numbers: decoded centres are spread over the whole input, offsets are not. */
function boxForm({ count, channel }: Columns, { width, height }: InputSize): NonNullable<YoloFormat['boxes']> {
  const [x, y, w, h] = [0, 1, 2, 3].map((index) => extremes(channel(index), count)) as [Range, Range, Range, Range];
  if (x.max > width / 4 && y.max > height / 4) return 'pixels';
  return Math.min(w.min, h.min) < 0 || Math.max(x.max, y.max, w.max, h.max) > 1.5 ? 'cells' : 'relative';
}

interface Range {
  readonly min: number;
  readonly max: number;
}

function extremes({ data, start, step }: Column, count: number): Range {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0, from = start; i < count; i++, from += step) {
    min = Math.min(min, data[from] as number);
    max = Math.max(max, data[from] as number);
  }
  return { min, max };
}

function headOf(format: YoloFormat, row: Row, size: InputSize): Head {
  const columns = columnsOf(format, row);
  const { classes, objectness, extras } = format;
  const firstClass = objectness ? 5 : 4;
  return {
    count: columns.count,
    first: 0,
    scores: { ...columns.channel(firstClass), output: format.output, stride: columns.stride, classes },
    ...(objectness && { objectness: { ...columns.channel(4), output: format.output } }),
    box: boxReader(format, columns, size),
    source: sourceReader(format, columns, size),
    ...(extras && extrasReader(extras, columns, firstClass + classes, format.output)),
  };
}

function boxReader({ boxes }: YoloFormat, { count, channel, stride }: Columns, size: InputSize): Head['box'] {
  const { data, step } = channel(0);
  const write = (out: Float64Array, at: number, x: number, y: number, width: number, height: number) => {
    out[at] = x - width / 2;
    out[at + 1] = y - height / 2;
    out[at + 2] = x + width / 2;
    out[at + 3] = y + height / 2;
  };
  const read = (i: number): [number, number, number, number] => {
    const from = i * step;
    const four = [data[from], data[from + stride], data[from + 2 * stride], data[from + 3 * stride]];
    return four as [number, number, number, number];
  };
  if (boxes === 'cells') {
    const levels = cellLevels(size, count);
    return (i, out, at) => {
      const { column, row, stride: cell } = cellAt(levels, i);
      const [x, y, width, height] = read(i);
      write(out, at, (x + column) * cell, (y + row) * cell, Math.exp(width) * cell, Math.exp(height) * cell);
    };
  }
  const [scaleX, scaleY] = boxes === 'relative' ? [size.width, size.height] : [1, 1];
  return (i, out, at) => {
    const [x, y, width, height] = read(i);
    write(out, at, x * scaleX, y * scaleY, width * scaleX, height * scaleY);
  };
}

function sourceReader({ boxes, output }: YoloFormat, { count, channel, stride }: Columns, size: InputSize) {
  const { step } = channel(0);
  const levels = boxes === 'cells' ? cellLevels(size, count) : undefined;
  return (candidate: number): BoxSource => {
    const source = { elements: fourElements(output, candidate * step, stride), form: 'centre' as const };
    if (!levels) return { ...source, scale: boxes === 'relative' ? [size.width, size.height] : [1, 1] };
    const { column, row, stride: cell } = cellAt(levels, candidate);
    return { ...source, shift: [column, row], scale: [cell, cell], isLog: true };
  };
}

const cellLevels = (size: InputSize, count: number): Level[] =>
  levelsOf(size, pyramidOf(size, count)?.strides ?? [8, 16, 32]);

function extrasReader(
  extras: Extras,
  { channel, stride }: Columns,
  first: number,
  output: string,
): Pick<Head, 'angle' | 'keypoints' | 'keypointScore' | 'coefficients'> {
  const { data, start, step } = channel(first);
  const value = (i: number, index: number): number => data[start + i * step + index * stride] as number;
  if (extras.kind === 'angle') return { angle: (i) => value(i, 0) };
  if (extras.kind === 'masks') {
    return { coefficients: (i) => Float32Array.from({ length: extras.count }, (_, index) => value(i, index)) };
  }
  const { points, values } = extras;
  return {
    keypoints: (i) =>
      Array.from({ length: points }, (_, point) => [
        value(i, point * values),
        value(i, point * values + 1),
        values > 2 ? value(i, point * values + 2) : 1,
      ]),
    ...(values > 2 && {
      keypointScore: (i: number, point: number) => ({
        output,
        index: start + i * step + (point * values + 2) * stride,
      }),
    }),
  };
}
