/** Explanations as the page needs them, read from documents of the Open Inference Protocol. */
import type { FeatureValue } from '../core/explainer/feature-value.ts';
import type { Prediction } from '../core/task/task.ts';
import { Failure } from './failure.ts';

export interface MapValues {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

/** One explanation. */
export interface Answer {
  /** Saliency map, where the input is an image. */
  readonly map?: MapValues;
  /** Words, columns or stretches of time with their values; empty for an image. */
  readonly features: readonly FeatureValue[];
  /** SVG of data other than images. */
  readonly drawing?: string;
  readonly predictions: readonly Prediction[];
  readonly score: number;
  readonly label: string;
  /** The explanation in words. */
  readonly summary?: string;
  /** Provenance: parameters, seed, digest of the model, times. */
  readonly provenance: Readonly<Record<string, unknown>>;
  readonly convergenceDelta?: number;
  /** Device of an answer that was computed in the browser, in words. */
  readonly device?: string;
  /** Route and cache status. */
  readonly route: string;
  /** The whole answer, for those who take it along. */
  readonly document: unknown;
}

interface Output {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: readonly (number | string)[];
}

/** An answer of the Open Inference Protocol. */
export interface InferenceDocument {
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly outputs: readonly Output[];
}

/** Reads an explanation of one row. */
export function answerOf(document: InferenceDocument, route: string): Answer {
  const value = (name: string) => outputOf(document, name)?.data[0];
  const list = <T>(name: string): readonly T[] => JSON.parse(String(value(name) ?? '[]'));
  const delta = value('convergence_delta');
  const summary = value('summary');
  const map = mapOf(document);
  return {
    ...(map && { map }),
    features: list('features'),
    predictions: list('predictions'),
    score: Number(value('scores') ?? Number.NaN),
    label: String(value('target_label') ?? value('target') ?? ''),
    provenance: document.parameters ?? {},
    ...(typeof summary === 'string' && summary !== '' && { summary }),
    ...(typeof delta === 'number' && { convergenceDelta: delta }),
    route,
    document,
  };
}

/** The saliency map of a document; undefined where it has none. */
export function mapOf(document: InferenceDocument): MapValues | undefined {
  const output = outputOf(document, 'saliency_map');
  const [, height, width] = output?.shape ?? [];
  if (!output || !height || !width) return undefined;
  return { width, height, values: Float32Array.from(output.data as number[]) };
}

/** The numbers of an output by its name, else of the first one. @throws Failure when there is none */
export function numbersOf({ outputs }: InferenceDocument, name: string | undefined): number[] {
  const output = outputs.find((one) => one.name === name) ?? outputs[0];
  if (output) return output.data as number[];
  throw new Failure('internal', 'The answer has no outputs. Try once more.');
}

const outputOf = ({ outputs }: InferenceDocument, name: string) => outputs?.find((output) => output.name === name);
