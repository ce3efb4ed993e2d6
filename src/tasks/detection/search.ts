/** Search of one run for boxes, with all that a target or a prediction is made of. */
import { WhylightError } from '../../core/errors.ts';
import type { TaskContext, TaskOutputs } from '../../core/task/task.ts';
import { factsOf } from '../facts.ts';
import { type ImageView, viewOf } from '../upright.ts';
import { type Found, findBoxes, type SearchSettings } from './find.ts';
import type { DetectionFormat, FormatReader } from './format.ts';
import { readerOf, recogniseDetector } from './formats.ts';
import type { Detections } from './head.ts';

export interface Search {
  /** Settled by the numbers of this run. */
  readonly format: DetectionFormat;
  readonly reader: FormatReader;
  readonly view: ImageView;
  readonly settings: SearchSettings;
  readonly clip: boolean;
  readonly detections: Detections;
  /** Boxes above the threshold, best first. */
  readonly found: readonly Found[];
}

/**
 * Reads the outputs of an undisturbed run.
 * @throws WhylightError `unprocessable_method` when the outputs have no known form of boxes
 */
export function search(outputs: TaskOutputs, context: TaskContext): Search {
  const { description, metadata, threshold, top } = context;
  const format = recogniseDetector(factsOf(description, metadata))?.format;
  if (!format) {
    const names = description.outputs.map(({ name, shape }) => `${name} [${shape.join(', ')}]`);
    throw new WhylightError(
      'unprocessable_method',
      `The outputs ${names.join(', ')} have no known form of boxes: name the classes, or choose another task.`,
    );
  }
  const settings = { ...(threshold !== undefined && { threshold }), ...(top !== undefined && { max: top }) };
  return searchAs(format, outputs, viewOf(context), settings);
}

/** Searches an undisturbed run for boxes in a known format; settings replace the defaults of the format. */
export function searchAs(
  format: DetectionFormat,
  outputs: TaskOutputs,
  view: ImageView,
  settings: Partial<SearchSettings> = {},
): Search {
  const reader = readerOf(format);
  const settled = reader.settle?.(format, outputs, view.input) ?? format;
  const { clip, ...defaults } = reader.defaults(settled);
  const all = { ...defaults, ...settings };
  const detections = reader.read(settled, outputs, view.input, 0);
  return { format: settled, reader, view, settings: all, clip, detections, found: findBoxes(detections, all) };
}
