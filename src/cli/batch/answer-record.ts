/** Record of an answer of the HTTP API. */

import { packMap } from '../../report/packed-map.ts';
import { type MethodRecord, massOf, type RecordedAnswer, round } from '../../report/record.ts';

/** An answer of `/explain` as JSON, of one row. */
export interface ExplainAnswer {
  readonly model_name: string;
  readonly model_version: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly outputs: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly data: readonly (number | string)[];
  }[];
}

interface Prediction {
  readonly label?: string;
  readonly class?: number;
  readonly score: number;
  readonly probability?: number;
}

/** Predictions that a record keeps. */
const MAX_PREDICTIONS = 5;

/** Parts of a record that an answer gives. */
export interface AnswerParts {
  readonly top: readonly RecordedAnswer[];
  readonly features?: readonly string[];
  readonly method: MethodRecord;
}

/** Reads what a record keeps of an answer. */
export function partsOf(answer: ExplainAnswer): AnswerParts {
  const output = (name: string) => answer.outputs.find((one) => one.name === name);
  const first = (name: string) => output(name)?.data[0];
  const json = <T>(name: string): T | undefined => {
    const text = first(name);
    return typeof text === 'string' ? (JSON.parse(text) as T) : undefined;
  };
  const predictions = json<readonly Prediction[]>('predictions') ?? topClasses(output('top_classes')?.data ?? []);
  const features = json<readonly { name: string; value: number }[]>('features');
  const diagnostics = json<{ sparseness: number; warnings: readonly { code: string }[] }>('diagnostics');
  const map = output('saliency_map');
  const target = Number(first('target') ?? -1);
  return {
    top: predictions.slice(0, MAX_PREDICTIONS).map(recorded),
    ...(features && { features: features.map(({ name }) => name) }),
    method: {
      target: String(first('target_label') ?? (target >= 0 ? `class ${target}` : 'target')),
      score: round(Number(first('scores') ?? 0)),
      ...(map && mapParts(map)),
      ...(features && { values: features.map(({ value }) => round(value)) }),
      sparseness: round(diagnostics?.sparseness ?? 0),
      warnings: diagnostics?.warnings.map(({ code }) => code) ?? [],
      metrics: {},
      curves: {},
    },
  };
}

function mapParts({ shape, data }: ExplainAnswer['outputs'][number]): Pick<MethodRecord, 'map' | 'mass'> {
  const size = shape.slice(-2) as [number, number];
  const values = Float32Array.from(data.slice(0, size[0] * size[1]), Number);
  return { map: packMap(values, size), mass: massOf(values, size) };
}

const recorded = ({ label, class: klass, score, probability }: Prediction): RecordedAnswer => ({
  label: label ?? (klass === undefined ? 'prediction' : `class ${klass}`),
  score: round(score),
  ...(probability !== undefined && { probability: round(probability) }),
});

/** Classes as `score:index:label`. */
const topClasses = (texts: readonly (string | number)[]): Prediction[] =>
  texts.map((text) => {
    const [score = '0', index = '0', ...label] = String(text).split(':');
    return { score: Number(score), class: Number(index), ...(label.length > 0 && { label: label.join(':') }) };
  });
