/** Looks at every input by every method, and writes down what it finds. */
import { WhylightError } from '../core/errors.ts';
import type { Explainer } from '../core/explainer/explainer.ts';
import type { ExplainRequest } from '../core/explainer/request.ts';
import { inOriginalPixels, type PlacedImage } from '../core/image/placement.ts';
import { isMeasured, type MetricRequest, measureRows, planMetrics } from '../core/metrics/measure.ts';
import type { Metric } from '../core/metrics/metric.ts';
import type { Region } from '../core/metrics/region.ts';
import type { Target } from '../core/model/target-request.ts';
import { drawAs } from '../library/draw-outcome.ts';
import type { OpenedModel } from '../library/opened-model.ts';
import { type Outcome, outcomeOf, requestOf } from '../library/outcome.ts';
import type { Subject } from '../library/subject.ts';
import { nodeCodecs } from '../node/codecs.ts';
import { answerOf, isReadByTask } from './answers.ts';
import type { ReadInput, StudyInput } from './inputs.ts';
import type { Journal } from './journal.ts';
import { packMap } from './packed-map.ts';
import { type InputRecord, type MethodRecord, massOf, round, thumbnail } from './record.ts';
import type { RegionSource } from './regions.ts';

export interface Study {
  readonly explainer: Explainer;
  readonly opened: OpenedModel;
  readonly inputs: readonly StudyInput[];
  readonly methods: readonly MethodRequest[];
  readonly metrics: readonly MetricRequest[];
  /** Every metric by id; those that come with whylight when left out. */
  readonly known?: ReadonlyMap<string, Metric>;
  readonly scores: string;
  readonly seed: number;
  readonly target?: string;
  readonly regions?: RegionSource;
  /** Keeps maps, drawings and thumbnails, for pages that show them. */
  readonly maps: boolean;
}

export interface MethodRequest {
  readonly method: string;
  readonly params: Readonly<Record<string, string>>;
}

/** Rows that an input takes: its predictions, explanations and metrics, known before anything runs. */
export async function rowsOfInput(study: Study, input: StudyInput): Promise<number> {
  const { subject } = await input.read();
  let total = 1;
  for (const method of study.methods) {
    const plan = await study.explainer.planned(study.opened.model, await questionOf(study, method, subject));
    const costs = [plan.cost, ...planMetrics(plan, study.metrics, study.known).map(({ cost }) => cost)];
    total += costs.reduce((sum, cost) => sum + cost.forwards + cost.backwards, 0);
  }
  return total;
}

/** Inputs that are worked on at the same time: metrics of one are computed while the engine runs rows of another. */
const AT_ONCE = 2;

/**
 * Goes through the inputs that the journal does not know. Records come in the order of the inputs.
 * @returns keys of the records that belong to these inputs: a journal may hold older ones
 * @throws WhylightError of the input's own, with its name.
 */
export async function look(
  study: Study,
  journal: Journal<InputRecord>,
  done: (count: number) => void,
): Promise<ReadonlySet<string>> {
  const keys = new Set<string>();
  const begun: Promise<Looked>[] = [];
  const finishFirst = async (): Promise<void> => {
    const { key, record } = (await begun.shift()) as Looked;
    if (record) await journal.add(record);
    keys.add(key);
    done(keys.size);
  };
  for (const [number, input] of study.inputs.entries()) {
    if (begun.length === AT_ONCE) await finishFirst();
    const looking = lookUnlessKnown(study, journal, input, number);
    // Its failure is thrown when its turn comes, and must not end the process before.
    looking.catch(() => undefined);
    begun.push(looking);
  }
  while (begun.length > 0) await finishFirst();
  return keys;
}

interface Looked {
  readonly key: string;
  /** Absent where the journal has it. */
  readonly record?: InputRecord;
}

async function lookUnlessKnown(
  study: Study,
  journal: Journal<InputRecord>,
  input: StudyInput,
  number: number,
): Promise<Looked> {
  try {
    const read = await input.read();
    const key = keyOf({ name: input.name, digest: read.digest });
    return journal.known.has(key) ? { key } : { key, record: await lookAt(study, input, number, read) };
  } catch (error) {
    return rethrow(error, input);
  }
}

/** Names a record: an input that has changed is another one. */
export const keyOf = ({ name, digest }: Pick<InputRecord, 'name' | 'digest'>): string => `${name} ${digest}`;

/**
 * Looks at one input by every method.
 * @param number position among the inputs, from which random choices of metrics follow
 */
export async function lookAt(study: Study, input: StudyInput, number: number, read: ReadInput): Promise<InputRecord> {
  const { subject, digest } = read;
  const answer = await answerOf(study, subject);
  const methods: Record<string, MethodRecord> = {};
  for (const method of study.methods) {
    const one = await byMethod(study, method, input, number, subject);
    if (one) methods[method.method] = one;
  }
  const features = subject.prepared?.features.list;
  return {
    name: input.name,
    digest,
    ...(input.truth && { truth: input.truth.label }),
    top: answer,
    ...(study.maps && subject.image && { thumbnail: await thumbnailOf(subject.image) }),
    ...(features && { features: features.map(({ name, key }) => key ?? name) }),
    ...(features?.some(({ amount }) => amount !== undefined) && {
      amounts: features.map(({ amount = null }) => amount),
    }),
    methods,
  };
}

/** One input by one method; undefined where the model finds nothing to explain. */
async function byMethod(
  study: Study,
  method: MethodRequest,
  input: StudyInput,
  number: number,
  subject: Subject,
): Promise<MethodRecord | undefined> {
  const { explainer, opened } = study;
  const request = await questionOf(study, method, subject);
  const plan = await explainer.planned(opened.model, request);
  const outcome = outcomeOf(opened.model, subject, request, await explainer.run(plan));
  const { row } = outcome;
  if (row.nothing !== undefined) return undefined;
  const region = await regionOf(study, input, outcome);
  const planned = planMetrics(plan, study.metrics, study.known);
  const [measured = []] = await measureRows(explainer, plan, [row], planned, {
    first: number,
    ...(region && { regions: [region] }),
  });
  const found = measured.filter(isMeasured);
  return {
    target: nameOf(row.target),
    ...(row.prediction !== undefined && { prediction: row.prediction }),
    score: round(row.score),
    ...partsOf(study, outcome, region),
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

/** Position of the object of an image, on its map. */
async function regionOf({ regions }: Study, input: StudyInput, { subject, row }: Outcome): Promise<Region | undefined> {
  if (!subject.image || !row.map) return undefined;
  const { image, placement } = inOriginalPixels(subject.image);
  return regions?.(input, image, placement, row.map.dims as [number, number]);
}

/** Map of an image with its shares; values of the features of any other input, and their drawing. */
function partsOf(study: Study, outcome: Outcome, region: Region | undefined): Partial<MethodRecord> {
  const { explanation, row, subject } = outcome;
  if (subject.image) {
    const { map } = row;
    const size = (map?.dims ?? []) as [number, number];
    return {
      ...(map && { mass: massOf(map.data, size, region) }),
      ...(map && study.maps && { map: packMap(map.data, size) }),
    };
  }
  const { method } = study.explainer.methods.get(explanation.method);
  const signed = method.about.properties.signed && explanation.params.absolute !== true;
  const drawing = study.maps ? drawAs('svg', outcome, signed) : undefined;
  return {
    ...(row.features && { values: row.features.map(({ value }) => round(value)) }),
    ...(drawing !== undefined && { drawing }),
  };
}

async function questionOf(study: Study, { method, params }: MethodRequest, subject: Subject): Promise<ExplainRequest> {
  const { scores, seed, target } = study;
  const { read, ...request } = await requestOf(subject, {
    method,
    params,
    scores,
    seed,
    ...(target !== undefined && { target }),
  });
  // Classes are read from the scores: no task need read them again.
  return isReadByTask(study) && read ? { ...request, read } : request;
}

const nameOf = ({ label, index }: Target): string => label ?? (index === undefined ? 'target' : `class ${index}`);

/** PNG of the part of an image that the model sees, in base64. */
export async function thumbnailOf({ image, placement }: PlacedImage): Promise<string> {
  const png = await nodeCodecs().encodePng(thumbnail(image, placement));
  return Buffer.from(png).toString('base64');
}

/** Throws the same error, saying which input it met. */
function rethrow(error: unknown, { name }: StudyInput): never {
  if (!WhylightError.is(error)) throw error;
  throw new WhylightError(error.code, `${name}: ${error.message}`, { ...error.details, input: name }, { cause: error });
}
