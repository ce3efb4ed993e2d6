/**
 * Final boxes in one output `[N, max, 6]` or `[boxes, 6]`: end-to-end networks (YOLOv10, YOLO26) and exports with
 * suppression inside. The columns are x0, y0, x1, y1, score, class, and what belongs to the box behind them.
 * `[boxes, 7]` begins with the number of the image, and may have the class in front of the score (YOLOv7).
 */

import { readUltralytics } from '../../../core/model/describe/ultralytics.ts';
import type { TaskOutputs } from '../../../core/task/task.ts';
import { isFloat, isImageInput, type TaskDescription, type TensorFact } from '../../description.ts';
import { fourElements } from '../box-source.ts';
import { type DetectionFormat, defineFormat, type InputSize } from '../format.ts';
import { fourFrom } from '../four.ts';
import type { Detections, Head } from '../head.ts';
import { prototypesOf, type Row } from '../rows.ts';

export interface EndToEndFormat extends DetectionFormat {
  readonly id: 'end_to_end';
  readonly output: string;
  readonly prototypes?: string;
  readonly extras?: 'masks' | 'keypoints' | 'angle';
  /** Values for each key point. */
  readonly values?: number;
  /** The first column is the number of the image. */
  readonly numbered: boolean;
  readonly classFirst?: boolean;
  readonly box?: 'corners' | 'centre';
  readonly units?: 'pixels' | 'relative';
}

export const endToEnd = defineFormat<EndToEndFormat>({
  id: 'end_to_end',
  recognise(description) {
    const metadata = readUltralytics(description.metadata);
    const output = outputOf(description, metadata?.final === true);
    if (!output) return undefined;
    const prototypes = description.outputs.find((fact) => isFloat(fact) && fact.shape.length === 4);
    const extras = prototypes ? 'masks' : metadata?.task === 'obb' ? 'angle' : metadata?.keypoints && 'keypoints';
    const labels = metadata?.names ?? description.labels;
    const numbered = output.shape.length === 2 && output.shape[1] === 7 && !metadata;
    const format: EndToEndFormat = {
      id: 'end_to_end',
      output: output.name,
      numbered,
      ...(prototypes && { prototypes: prototypes.name }),
      ...(extras && { extras }),
      ...(metadata?.keypoints && { values: metadata.keypoints[1] }),
      ...(metadata?.task === 'obb' && { box: 'centre' as const }),
      ...(labels && { labels }),
      ...(metadata?.keypointNames && { keypointNames: metadata.keypointNames }),
    };
    const columns = `${numbered ? 'image, ' : ''}x0, y0, x1, y1, score and class`;
    const doubts = metadata ? [] : [`The columns of the output "${output.name}" are read as ${columns}.`];
    return { format, evidence: metadata ? 1 : 0.7, doubts };
  },
  defaults: () => ({ threshold: 0.25, max: 300, clip: true }),
  settle(format, outputs, size) {
    const table = tableOf(format, outputs);
    const seen = { units: unitsOf(table, size, format), classFirst: format.numbered && classFirstIn(table), ...format };
    return { box: seen.units === 'relative' ? 'centre' : 'corners', ...seen };
  },
  read(format, outputs, size, row): Detections {
    const head = headOf(format, tableOf(format, outputs, row), size, outputs[format.output]?.dims.length === 3);
    const prototypes = format.prototypes && prototypesOf(outputs, format.prototypes, row);
    return { heads: [head], ...(prototypes && { prototypes }) };
  },
});

/** The output `[N, max, 6]` or `[boxes, 6]`; with more columns only where the file says that its boxes are final. */
function outputOf({ inputs, outputs }: TaskDescription, final: boolean): TensorFact | undefined {
  if (!inputs.some(isImageInput)) return undefined;
  const [output, ...others] = outputs.filter(
    (fact) => isFloat(fact) && (fact.shape.length === 3 || fact.shape.length === 2),
  );
  if (!output || others.length > 0) return undefined;
  if (final) return output;
  const rows = output.shape.at(-2);
  const columns = output.shape.at(-1);
  // A fixed number of rows of a matrix is a batch of vectors.
  if (output.shape.length === 2)
    return typeof rows === 'string' && (columns === 7 || columns === 6) && !isBatch(inputs, rows) ? output : undefined;
  return columns === 6 && (typeof rows !== 'number' || rows <= MAX_ROWS) ? output : undefined;
}

/** TaskOutputs that keep more rows than this are dense. */
const MAX_ROWS = 1000;

/** An open extent that the inputs have as well counts their rows, not boxes. */
const isBatch = (inputs: readonly TensorFact[], extent: string): boolean =>
  /^(n|batch.*|b)$/i.test(extent) || inputs.some(({ shape }) => shape[0] === extent);

/** `[boxes, columns]` of one image; of all images where no row is given. Scores of other images are 0. */
function tableOf({ output, numbered }: EndToEndFormat, outputs: TaskOutputs, row?: number): Row {
  const tensor = outputs[output] as NonNullable<TaskOutputs[string]>;
  const [count = 0, columns = 6] = tensor.dims.slice(-2);
  const all = tensor.data;
  if (tensor.dims.length === 3) {
    const start = (row ?? 0) * count * columns;
    return { dims: [count, columns], data: all.subarray(start, start + count * columns) };
  }
  if (!numbered || row === undefined) return { dims: [count, columns], data: all };
  const data = all.slice();
  for (let i = 0; i < data.length; i += columns) if (data[i] !== row) data.fill(0, i + 1, i + columns);
  return { dims: [count, columns], data };
}

/** Boxes in shares of the input stay near 1; one box in pixels is enough to tell. */
function unitsOf(
  { data, dims: [rows = 0, columns = 6] }: Row,
  { width, height }: InputSize,
  format: EndToEndFormat,
): 'pixels' | 'relative' {
  const first = firstColumn(format);
  let max = 0;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < 4; j++) max = Math.max(max, data[i * columns + first + j] as number);
  }
  return max > 0 && max <= Math.min(2, width, height) ? 'relative' : 'pixels';
}

/** Column of the first side of the box. */
const firstColumn = ({ numbered }: EndToEndFormat): number => (numbered ? 1 : 0);

/** Classes are whole numbers, scores are not. */
function classFirstIn({ data, dims: [rows = 0, columns = 6] }: Row): boolean {
  return Array.from({ length: rows }, (_, i) => data[i * columns + 5]).every(Number.isInteger);
}

/** @param hasRows true for a table of each row of the batch: boxes of all rows in one list have no place of their own */
function headOf(format: EndToEndFormat, { dims, data }: Row, size: InputSize, hasRows: boolean): Head {
  const [count = 0, step = 6] = dims;
  const first = firstColumn(format);
  const column = (start: number) => ({ data, start: first + start, step, output: format.output });
  const [scaleX, scaleY] = format.units === 'relative' ? [size.width, size.height] : [1, 1];
  return {
    count,
    first: 0,
    scores: { score: column(format.classFirst ? 5 : 4), class: column(format.classFirst ? 4 : 5) },
    ...(hasRows && {
      source: (i: number) => ({
        elements: fourElements(format.output, i * step + first, 1),
        form: format.box === 'centre' ? ('centre' as const) : ('corners' as const),
        scale: [scaleX, scaleY] as const,
      }),
    }),
    box(i, out, at) {
      const [a, b, c, d] = fourFrom(data, i * step + first);
      const [x0, y0, x1, y1] = format.box === 'centre' ? [a - c / 2, b - d / 2, a + c / 2, b + d / 2] : [a, b, c, d];
      out.set([x0 * scaleX, y0 * scaleY, x1 * scaleX, y1 * scaleY], at);
    },
    ...extrasOf(format, data, step),
  };
}

function extrasOf(
  { extras, values = 3, output }: EndToEndFormat,
  data: Float32Array,
  step: number,
): Pick<Head, 'angle' | 'keypoints' | 'keypointScore' | 'coefficients'> {
  const behind = (i: number) => data.subarray(i * step + 6, (i + 1) * step);
  if (extras === 'masks') return { coefficients: behind };
  if (extras === 'angle') return { angle: (i) => behind(i)[0] as number };
  if (extras !== 'keypoints') return {};
  return {
    keypoints(i) {
      const numbers = behind(i);
      return Array.from({ length: Math.floor(numbers.length / values) }, (_, point) => [
        numbers[point * values] as number,
        numbers[point * values + 1] as number,
        values > 2 ? (numbers[point * values + 2] as number) : 1,
      ]);
    },
    ...(values > 2 && {
      keypointScore: (i: number, point: number) => ({ output, index: i * step + 6 + point * values + 2 }),
    }),
  };
}
