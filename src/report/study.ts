/** Looks at every image by every method, and writes down what it finds. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { WhylightError } from '../core/errors.ts';
import type { Explainer } from '../core/explainer/explainer.ts';
import type { ExplainedRow } from '../core/explainer/explanation.ts';
import type { ExplainRequest } from '../core/explainer/request.ts';
import { inOriginalPixels } from '../core/image/placement.ts';
import { isMeasured, type MetricRequest, measureRows, planMetrics } from '../core/metrics/measure.ts';
import type { Model } from '../core/model/model.ts';
import type { Classified } from '../core/model/prediction.ts';
import type { Target } from '../core/model/target-request.ts';
import { nodeCodecs } from '../node/codecs.ts';
import { type ImageInput, openImage } from '../node/image-input.ts';
import type { ImageFile, RegionSource } from './image-files.ts';
import type { Journal } from './journal.ts';
import { packMap } from './packed-map.ts';
import { type ImageRecord, type MethodRecord, massOf, round, thumbnail } from './record.ts';

export interface Study {
  readonly explainer: Explainer;
  readonly model: Model;
  readonly files: readonly ImageFile[];
  readonly methods: readonly MethodRequest[];
  readonly metrics: readonly MetricRequest[];
  readonly scores: string;
  readonly seed: number;
  readonly target?: string;
  readonly regions?: RegionSource;
  /** Keeps maps and thumbnails, for pages that show them. */
  readonly maps: boolean;
}

export interface MethodRequest {
  readonly method: string;
  readonly params: Readonly<Record<string, string>>;
}

/** Rows that an image takes: its predictions, explanations and metrics, known before anything runs. */
export async function rowsOfImage(study: Study, file: ImageFile): Promise<number> {
  const input = await openImage(await readFile(file.path), study.model);
  return study.methods.reduce((total, method) => {
    const request = requestOf(study, method, input);
    const plan = study.explainer.plan(study.model, request);
    const { cost } = plan;
    const metrics = planMetrics(plan, study.metrics);
    return metrics.reduce(
      (sum, one) => sum + one.cost.forwards + one.cost.backwards,
      total + cost.forwards + cost.backwards,
    );
  }, 1);
}

/**
 * Goes through the images that the journal does not know.
 * @returns keys of the records that belong to these images: a journal may hold older ones
 * @throws WhylightError of the image's own, with its name.
 */
export async function look(
  study: Study,
  journal: Journal<ImageRecord>,
  done: (count: number) => void,
): Promise<ReadonlySet<string>> {
  const keys = new Set<string>();
  for (const [number, file] of study.files.entries()) {
    const bytes = await readFile(file.path);
    const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
    const key = keyOf({ name: file.name, digest });
    if (!journal.known.has(key)) {
      await journal.add(await lookAt(study, file, number, bytes, digest).catch((error) => rethrow(error, file)));
    }
    keys.add(key);
    done(keys.size);
  }
  return keys;
}

/** Names a record: an image that has changed is another one. */
export const keyOf = ({ name, digest }: Pick<ImageRecord, 'name' | 'digest'>): string => `${name} ${digest}`;

async function lookAt(
  study: Study,
  file: ImageFile,
  number: number,
  bytes: Uint8Array,
  digest: string,
): Promise<ImageRecord> {
  const { explainer, model, scores } = study;
  const input = await openImage(bytes, model);
  const [prediction] = await explainer.predict(model, { inputs: input.inputs, scores, top: 5 });
  const methods: Record<string, MethodRecord> = {};
  for (const method of study.methods) methods[method.method] = await byMethod(study, method, file, number, input);
  return {
    name: file.name,
    digest,
    ...(file.truth && { truth: file.truth.label }),
    top: (prediction?.top ?? []).map((one) => ({
      label: labelOf(one),
      score: round(one.score),
      ...(one.probability !== undefined && { probability: round(one.probability) }),
    })),
    ...(study.maps && { thumbnail: await thumbnailOf(input) }),
    methods,
  };
}

async function byMethod(
  study: Study,
  method: MethodRequest,
  file: ImageFile,
  number: number,
  input: ImageInput,
): Promise<MethodRecord> {
  const { explainer, model } = study;
  const request = requestOf(study, method, input);
  const plan = explainer.plan(model, request);
  const { rows } = await explainer.run(plan);
  const row = rows[0] as ExplainedRow;
  const size = (row.map?.dims ?? []) as [number, number];
  const { image, placement } = inOriginalPixels(input);
  const region = row.map && (await study.regions?.(file, image, placement, size));
  const planned = planMetrics(plan, study.metrics);
  const [measured = []] = await measureRows(explainer, plan, rows, planned, {
    first: number,
    ...(region && { regions: [region] }),
  });
  const found = measured.filter(isMeasured);
  return {
    target: nameOf(row.target),
    score: round(row.score),
    ...(row.map && { mass: massOf(row.map.data, size, region) }),
    ...(row.map && study.maps && { map: packMap(row.map.data, size) }),
    sparseness: round(row.diagnostics.sparseness),
    warnings: row.diagnostics.warnings.map(({ code }) => code),
    metrics: Object.fromEntries(measured.map((one) => [one.metric, isMeasured(one) ? round(one.score) : null])),
    curves: Object.fromEntries(
      found.flatMap(({ metric, curve }) =>
        curve ? [[metric, { x: curve.x.map(round), y: curve.y.map(round) }] as const] : [],
      ),
    ),
  };
}

const requestOf = (
  { scores, seed, target }: Study,
  { method, params }: MethodRequest,
  { inputs }: ImageInput,
): ExplainRequest => ({
  method,
  params,
  inputs,
  scores,
  seed,
  ...(target !== undefined && { target }),
});

const labelOf = ({ label, index }: Classified): string => label ?? `class ${index}`;
const nameOf = ({ label, index }: Target): string => label ?? (index === undefined ? 'target' : `class ${index}`);

async function thumbnailOf({ image, placement }: ImageInput): Promise<string> {
  const png = await nodeCodecs().encodePng(thumbnail(image, placement));
  return Buffer.from(png).toString('base64');
}

/** The same error, saying which image it met. */
function rethrow(error: unknown, { name }: ImageFile): never {
  if (!WhylightError.is(error)) throw error;
  throw new WhylightError(error.code, `${name}: ${error.message}`, { ...error.details, image: name }, { cause: error });
}
