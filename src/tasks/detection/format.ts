/** Contract of detector formats: how outputs of one kind are recognised and turned into heads. */
import type { TaskOutputs } from '../../core/task/task.ts';
import type { Recognised, TaskDescription } from '../description.ts';
import type { Detections } from './head.ts';

/** Height and width of the model's input tensor in pixels. */
export interface InputSize {
  readonly width: number;
  readonly height: number;
}

/** Defaults of a format's authors. */
export interface DetectionDefaults {
  /** Confidence above which a box is reported. */
  readonly threshold: number;
  /** Overlap above which the worse of two boxes goes; absent where the format needs no suppression. */
  readonly overlap?: number;
  readonly max: number;
  /** Every class above the threshold counts, not each candidate's best alone. */
  readonly several?: boolean;
  /** Boxes are cut at the edges of the image. */
  readonly clip: boolean;
}

/** Settings found by a format, as plain data; `id` names the format. */
export interface DetectionFormat {
  readonly id: string;
  /** Names of the classes, where the file has them. */
  readonly labels?: readonly string[];
  /** Names of the key points, where the file has them. */
  readonly keypointNames?: readonly string[];
  /** Number of the first class: 1 where the labels, or the columns of the output, begin with the background. */
  readonly firstClass?: number;
}

export interface FormatReader<F extends DetectionFormat = DetectionFormat> {
  readonly id: F['id'];
  /** Undefined where the outputs have another form. */
  recognise(description: TaskDescription): Recognised<F> | undefined;
  defaults(format: F): DetectionDefaults;
  /**
   * Settles what shapes and names leave open from the numbers of one undisturbed run. The result reads disturbed runs in
   * the same way.
   */
  settle?(format: F, outputs: TaskOutputs, size: InputSize): F;
  /** Candidates of one row of the batch. */
  read(format: F, outputs: TaskOutputs, size: InputSize, row: number): Detections;
}

/** A reader whose format type is its own business. */
export const defineFormat = <F extends DetectionFormat>(reader: FormatReader<F>): FormatReader =>
  reader as FormatReader;
