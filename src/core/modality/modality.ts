/**
 * The contract of modalities: from what a person has (a photo, a sentence, a row of a table, a clip) to input tensors
 * and features, and from an attribution back to something to look at.
 */

import type { InputFact, ModalityId, ModelDescription } from '../model/description.ts';
import type { ModelFiles } from '../model/model-files.ts';
import type { Float32Tensors, Inputs } from '../tensor/rows.ts';

/** Context of a modality for one model: its description, its inputs, and the files beside it. */
export interface ModalityContext {
  readonly description: ModelDescription;
  /** Inputs of this modality. */
  readonly inputs: readonly InputFact[];
  readonly files: ModelFiles;
  /** Entry of this modality in the manifest, checked by {@link Modality.settings}. */
  readonly settings?: unknown;
}

/** A piece of the input that a person would point at: a word, a column, a stretch of time, a region. */
export interface Feature {
  /** As a sentence would call it: `excellent`, `petal width = 1.8`, `3.2 to 3.6 s`. */
  readonly name: string;
  /** Name under which several rows are compared, where it is another: the column without its value. */
  readonly key?: string;
  /** Value of the feature where it is a number, for drawings of many rows. */
  readonly amount?: number;
  /** Start of the piece: UTF-16 units of a text, seconds of a signal. */
  readonly start?: number;
  /** End of the piece, exclusive. */
  readonly end?: number;
  /** Index of the feature that it belongs to, one level up: the sentence of a word, the group of a column. */
  readonly group?: number;
}

/** Tokens that a text model knows, by their ids. */
export interface Vocabulary {
  /** Name of a token as a person reads it: ` good`. */
  nameOf(id: number): string | undefined;
  /** Ids of the tokens that may be meant by a name, such as those with and without a space before the word. */
  idsOf(name: string): readonly number[];
}

export interface Features {
  readonly list: readonly Feature[];
  /** By input name: index of the feature of each element of one row, -1 for elements of none (special tokens). */
  readonly mask: Readonly<Record<string, Int32Array>>;
  /** Elements of the row that are asked about, in order: the mask tokens of a text. */
  readonly asked?: readonly number[];
  /** Tokens of the text model, for answers that are tokens. */
  readonly vocabulary?: Vocabulary;
  /** Names of the groups, where features have them. */
  readonly groups?: readonly string[];
  /** True where features only name parts of an answer (elements of a tensor): methods and metrics go by positions then. */
  readonly namesOnly?: true;
}

/** One or more rows, ready for the model. */
export interface Prepared<View = unknown> {
  readonly inputs: Inputs;
  /** One for each row. */
  readonly features: readonly Features[];
  /** One for each row: what {@link Modality.draw} needs to draw it again. */
  readonly views: readonly View[];
  /** Sentences for the user: that a text was truncated, a clip resampled. */
  readonly notices: readonly string[];
}

export type DrawFormat = 'svg' | 'html' | 'ansi';

/** Row that is drawn: its view, its values, and the words around them. */
export interface Drawing<View = unknown> {
  readonly view: View;
  readonly features: Features;
  /** One value for each feature. */
  readonly values: ArrayLike<number>;
  /** Attributions of one row, by input name, where the modality draws elements (a waveform, a spectrogram). */
  readonly elements?: Float32Tensors;
  /** Features that the explained prediction is made of: the words of an answer, the word that a class is about. */
  readonly marked?: ReadonlySet<number>;
  /** Features that the other predictions are made of. */
  readonly found?: ReadonlySet<number>;
  /** Heading: "negative, 97 %". */
  readonly title?: string;
  readonly signed: boolean;
}

/** Version of the modality contract. */
export const MODALITY_API_VERSION = 1;

/** Modality: from bytes to tensors and features, to rows without them, and to drawings. */
export interface Modality<Raw = unknown, View = unknown> {
  readonly apiVersion: typeof MODALITY_API_VERSION;
  readonly id: ModalityId;
  readonly about: { readonly title: string; readonly summary: string };
  readonly accepts: {
    /** Without parameters: `text/plain`, `audio/wav`. */
    readonly mediaTypes: readonly string[];
    /** Lower case, without the dot. */
    readonly extensions: readonly string[];
  };
  /**
   * Evidence between 0 and 1 that the inputs of a model are of this modality, from names, shapes and files beside it.
   */
  recognise(description: ModelDescription): number;
  /**
   * Reads what it needs of the files beside a model (a tokenizer, background rows), so that requests find it read.
   * @returns bytes of memory that it takes; 0 where nothing is kept
   */
  load?(context: ModalityContext): Promise<number>;
  /** Reads the bytes of a file or of a request body. @throws WhylightError `invalid_request`, `unsupported_media_type` */
  decode(bytes: Uint8Array, mediaType: string, context: ModalityContext): Raw | Promise<Raw>;
  /** Tensors and features of the rows in `raw`. @throws WhylightError `invalid_request`, `invalid_tensor` */
  prepare(raw: Raw, context: ModalityContext): Prepared<View> | Promise<Prepared<View>>;
  /**
   * Inputs of one row in which every feature is absent: pad or mask tokens, the median or background rows, silence.
   * @param kind one of the modality's own names (`pad`, `mask`, `zero`, `mean`, `median`); its default when left out
   */
  absent(prepared: Prepared<View>, row: number, context: ModalityContext, kind?: string): Inputs | Promise<Inputs>;
  /**
   * Typical rows of the model, [N, ...] by input name, for methods that average over several baselines.
   * @returns undefined where the model has none
   */
  background?(context: ModalityContext): Promise<Inputs | undefined>;
  /**
   * Features of rows that come as tensors, without the text or file that they were made of: tokens without a place,
   * columns, windows of time.
   * @param inputs tensors by input name, in the file's own axes; nothing is checked yet
   * @returns one for each row
   * @throws WhylightError where nothing names the parts of these tensors, with the reason
   */
  nameTensors?(inputs: Inputs, context: ModalityContext): readonly Features[] | Promise<readonly Features[]>;
  /** Folds an attribution of elements into one value for each feature. */
  fold(attribution: Float32Tensors, features: Features): Float64Array;
  draw(drawing: Drawing<View>, format: DrawFormat): string;
}
