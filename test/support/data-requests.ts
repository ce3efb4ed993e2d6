/** Requests with texts, tables, series and sound for the embedded models. */
import { float32 } from '../../src/core/tensor/tensor.ts';
import { writeNpy } from '../../src/modalities/arrays/npy.ts';
import { int16, wavFile } from '../modalities/audio/wav-files.ts';

/** Demand of a day, hour by hour: low at night, high in the evening. */
export const DAY: readonly number[] = Array.from(
  { length: 24 },
  (_, hour) => 100 - 40 * Math.cos((hour * Math.PI) / 12),
);

export const PENGUIN = {
  island: 'Biscoe',
  bill_length_mm: 46.1,
  bill_depth_mm: 13.2,
  flipper_length_mm: 211,
  body_mass_g: 4500,
  sex: 'female',
};
export const PENGUIN_HEAD: string = Object.keys(PENGUIN).join();
export const PENGUIN_ROW: string = Object.values(PENGUIN).join();

/** A tone of 440 Hz in 16 bits, by its length in samples at 8 kHz. */
export const tone = (length: number): Uint8Array<ArrayBuffer> => {
  const samples = Array.from({ length }, (_, i) => Math.round(9000 * Math.sin((i * 440 * 2 * Math.PI) / 8000)));
  return wavFile({ samples: int16(...samples) }) as Uint8Array<ArrayBuffer>;
};

export const npy = (dims: readonly number[], values: readonly number[]): Uint8Array<ArrayBuffer> =>
  writeNpy(float32(dims, Float32Array.from(values)));

export type Explain = (
  model: string,
  query: string,
  type: string,
  body: BodyInit,
  headers?: Record<string, string>,
) => Promise<Response>;

/** Sends bodies of any media type to `/v2/models/{model}/explain?{query}`. */
export const explainer =
  (ask: (path: string, init: RequestInit) => Promise<Response>): Explain =>
  (model, query, type, body, headers = {}) =>
    ask(`/v2/models/${model}/explain?${query}`, {
      method: 'POST',
      headers: { 'Content-Type': type, ...headers },
      body,
    });

export interface NamedFeature {
  readonly name: string;
  readonly value: number;
  readonly start?: number;
  readonly end?: number;
}

type Outputs = Readonly<Record<string, { readonly data: readonly unknown[] }>>;

/** Features of a row of an answer. */
export const featuresOf = (outputs: Outputs, row = 0): NamedFeature[] =>
  JSON.parse(String(outputs.features?.data[row] ?? 'null'));

/** A request of each kind of data that is no image: body, model, and a feature that the answer names. */
export const KINDS: readonly {
  readonly kind: string;
  readonly model: string;
  readonly type: string;
  readonly body: BodyInit & (string | Uint8Array);
  readonly method: string;
  readonly feature: string;
}[] = [
  {
    kind: 'a text',
    model: 'movie_reviews',
    type: 'text/plain',
    body: 'excellent cast, weak plot',
    method: 'feature_ablation',
    feature: 'weak',
  },
  {
    kind: 'a table',
    model: 'penguins',
    type: 'text/csv',
    body: `${PENGUIN_HEAD}\n${PENGUIN_ROW}\n`,
    method: 'feature_ablation',
    feature: 'island = Biscoe',
  },
  {
    kind: 'a series',
    model: 'italy_power',
    type: 'application/json',
    body: JSON.stringify(DAY),
    method: 'feature_ablation',
    feature: '18 to 19 h',
  },
  {
    kind: 'a sound',
    model: 'speech_digits',
    type: 'audio/wav',
    body: tone(8000),
    method: 'feature_ablation',
    feature: '0.0 to 0.1 s, 60 to 510 Hz',
  },
  {
    kind: 'a tensor',
    model: 'penguins',
    type: 'application/x-npy',
    body: npy([1, 6], [0, 46.1, 13.2, 211, 4500, 0]),
    method: 'feature_ablation',
    feature: 'island = Biscoe',
  },
];
