/** From the flags of `report` and `evaluate` to a study: what is common to both. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { AUTO_METHOD, hasOpenShapes } from '../core/explainer/auto-method.ts';
import { chooseMethod } from '../core/explainer/choose-method.ts';
import { parseParams } from '../core/method/params.ts';
import type { MethodRegistry } from '../core/method/registry.ts';
import { parameterSchemas } from '../core/method/schema.ts';
import type { MetricRequest } from '../core/metrics/measure.ts';
import { nounOf } from '../core/modality/noun.ts';
import { modalityOf } from '../core/modality/registry.ts';
import type { Model } from '../core/model/model.ts';
import type { Inputs } from '../core/tensor/rows.ts';
import { SERVER } from '../edge/version.ts';
import { listInputs, type StudyInput, TRUTHS, type Truth } from '../report/inputs.ts';
import type { Settings } from '../report/journal.ts';
import { RECORD_VERSION } from '../report/record.ts';
import { openRegions } from '../report/regions.ts';
import type { MethodRequest, Study } from '../report/study.ts';
import { numberFlag, UsageError } from './arguments.ts';
import { compose, configuredMethods, EMBEDDED_MODELS, ENGINE_ARG, type EngineName, METRICS, ROOT } from './compose.ts';
import { positional, textFlag } from './flags.ts';
import { MODEL_ARGS, openModel, PREPROCESSING_ARGS } from './model-file.ts';
import { PRESET_ARG, presetParams } from './preset-flag.ts';
import { READERS } from './read-subjects.ts';

/** Flags of both commands. */
export const STUDY_ARGS = {
  folder: positional(
    'A folder with sub-folders, or a file: images, texts, sounds, or a CSV file with an example on each line',
    { required: true },
  ),
  methods: textFlag('Saliency methods, or auto; the first one leads. Those that suit the model when left out', {
    valueHint: 'a,b,c',
  }),
  metrics: textFlag(`Metrics, or none: ${[...METRICS.keys()].join(', ')}`, { valueHint: 'a,b,c' }),
  truth: {
    type: 'enum',
    options: TRUTHS,
    default: 'auto',
    description: 'Source of the true classes; auto: a column of a CSV file, or names of folders, if each is a class',
  },
  'label-column': textFlag('Column of a CSV file with the true classes; found by its name or content when left out', {
    valueHint: 'name',
  }),
  regions: textFlag('Objects: a JSON file of boxes by image, or a folder of masks (PNG)', { valueHint: 'path' }),
  target: textFlag('Index or name of the class to explain; the top class of each input when left out', {
    valueHint: 'class',
  }),
  scores: textFlag('What is explained: logits, output (as the graph gives it), or any tensor', {
    default: 'logits',
    valueHint: 'tensor',
  }),
  ...PRESET_ARG,
  ...MODEL_ARGS,
  ...PREPROCESSING_ARGS,
  seed: textFlag('Seed of everything that is drawn at random', { default: '0', valueHint: 'n' }),
  engine: ENGINE_ARG,
  most: textFlag('Max number of inputs, taken evenly', { valueHint: 'n' }),
  restart: { type: 'boolean', description: 'Start again, and discard the results of an earlier run' },
  param: textFlag('A parameter of the methods (--name value does the same), or metric.name=value of a metric', {
    valueHint: 'name=value',
  }),
} as const;

/** Parsed values of {@link STUDY_ARGS}. */
export type StudyFlags = {
  readonly [K in keyof typeof STUDY_ARGS]?: K extends 'restart' ? boolean : string;
} & { readonly folder: string };

export interface Prepared {
  readonly study: Study;
  /** For one input: `image`, `text`. */
  readonly noun: string;
  /** Settings that a journal must agree with, sufficient to repeat the run. */
  readonly settings: Settings;
}

/** Defaults of a command. */
export interface Usual {
  readonly imageMethods: string;
  readonly imageMetrics: string;
  /** Metrics of texts, tables and signals. */
  readonly metrics: string;
  readonly maps: boolean;
}

export async function prepare(
  flags: StudyFlags,
  parameters: Readonly<Record<string, string>>,
  usual: Usual,
): Promise<Prepared> {
  const seed = numberFlag('seed', flags.seed ?? '0', 0, Number.MAX_SAFE_INTEGER);
  const registry = configuredMethods();
  const opened = await openModel(flags, EMBEDDED_MODELS, ROOT);
  const { model } = opened;
  const modality = modalityOf(model);
  const usualMetrics = modality === 'image' ? usual.imageMetrics : usual.metrics;
  const metricIds = flags.metrics === 'none' ? [] : listed('metrics', flags.metrics ?? usualMetrics);
  const column = flags['label-column'];
  const all = await listInputs(flags.folder, opened, {
    truth: flags.truth as Truth,
    readers: READERS,
    ...(column !== undefined && { labelColumn: column }),
  });
  const ids = await methodIds(flags, usual.imageMethods, { model, registry, inputs: all });
  const { methods, measured } = assign(registry, ids, metricIds, parameters, flags.preset);
  const most = flags.most === undefined ? all.length : numberFlag('most', flags.most, 1);
  const inputs = all.filter(
    (_, i) => Math.floor((i * most) / all.length) !== Math.floor(((i + 1) * most) / all.length),
  );
  const explainer = await compose(flags.engine as EngineName | undefined);
  const study: Study = {
    explainer,
    opened,
    inputs: most >= all.length ? all : inputs,
    methods,
    metrics: measured,
    known: METRICS,
    scores: flags.scores ?? 'logits',
    seed,
    ...(flags.target !== undefined && { target: flags.target }),
    ...(flags.regions !== undefined && { regions: await openRegions(flags.regions) }),
    maps: usual.maps,
  };
  return {
    study,
    noun: nounOf(modality),
    settings: {
      whylight: SERVER.version,
      record_version: RECORD_VERSION,
      engine: explainer.engine.name,
      model: { name: model.name, version: model.version, digest: model.digest },
      preprocessing: model.preprocessing,
      task: explainer.tasks.choose(model.description, model.metadata).id,
      output: model.description.explained.name,
      methods: methods.map(({ method, params }) => {
        const entry = registry.get(method);
        return { method, revision: entry.method.revision, params: parseParams(entry.method, params, entry) };
      }),
      metrics: measured.map(({ metric, params }) => {
        const known = METRICS.get(metric);
        return { metric, params: known && parseParams(known, params) };
      }),
      scores: study.scores,
      seed,
      target: flags.target ?? 'top class',
      truth: flags.truth,
      ...(column !== undefined && { label_column: column }),
      ...(flags.regions !== undefined && { regions: await digestOf(flags.regions) }),
      maps: usual.maps,
    },
  };
}

interface MethodQuestion {
  readonly model: Model;
  readonly registry: MethodRegistry;
  readonly inputs: readonly StudyInput[];
}

/**
 * Ids of the methods, with the best one for the model in place of `auto`. Where none is named for a text, a table or a
 * signal: the best one, and one that only hides.
 */
async function methodIds(
  { methods, scores }: Pick<StudyFlags, 'methods' | 'scores'>,
  imageMethods: string,
  { model, registry, inputs }: MethodQuestion,
): Promise<string[]> {
  const isImage = modalityOf(model) === 'image';
  const ids = listed('methods', methods ?? (isImage ? imageMethods : AUTO_METHOD));
  if (!ids.includes(AUTO_METHOD)) return ids;
  const shapes = hasOpenShapes(model) ? await firstReadable(inputs) : undefined;
  const question = { model, inputs: shapes, ...(scores !== undefined && { scores }) };
  const best = chooseMethod(registry, question).entry.method.id;
  const other = best === 'occlusion' ? 'kernel_shap' : 'occlusion';
  const wanted = methods === undefined ? [best, other] : ids.map((id) => (id === AUTO_METHOD ? best : id));
  return [...new Set(wanted)];
}

/** Tensors of the first input that can be read; the study records the reasons of those that cannot. */
async function firstReadable(inputs: readonly StudyInput[]): Promise<Inputs | undefined> {
  for (const input of inputs) {
    const read = await input.read().catch(() => undefined);
    if (read) return read.subject.inputs;
  }
  return undefined;
}

function listed(name: string, text: string): string[] {
  const ids = text
    .split(',')
    .map((id) => id.trim())
    .filter((id) => id !== '');
  if (ids.length === 0) throw new UsageError(`--${name} takes names with commas between.`);
  return [...new Set(ids)];
}

/** Each parameter goes to every method that has it; `metric.name` to that metric. */
function assign(
  registry: MethodRegistry,
  ids: readonly string[],
  metricIds: readonly string[],
  parameters: Readonly<Record<string, string>>,
  preset: string | undefined,
): { methods: MethodRequest[]; measured: MetricRequest[] } {
  const taken = new Set<string>();
  const take = (own: object, prefix: string) =>
    Object.fromEntries(
      Object.entries(parameters).flatMap(([key, value]) => {
        const name = key.slice(prefix.length);
        if (!key.startsWith(prefix) || !Object.hasOwn(own, name)) return [];
        taken.add(key);
        return [[name, value]];
      }),
    );
  const presetOf = presetParams(
    preset,
    ids.map((id) => registry.get(id).method),
  );
  const methods = ids.map((method) => ({
    method,
    params: { ...take(parameterSchemas(registry.get(method).method.params), ''), ...presetOf(method) },
  }));
  const measured = metricIds.map((metric) => {
    const known = METRICS.get(metric);
    if (!known) {
      throw new UsageError(`There is no metric "${metric}"; there are ${[...METRICS.keys()].join(', ')}.`);
    }
    return { metric, params: take(parameterSchemas(known.params), `${metric}.`) };
  });
  const unknown = Object.keys(parameters).find((key) => !taken.has(key));
  if (unknown !== undefined) {
    throw new UsageError(`Unknown option --${unknown}: it is no parameter of ${[...ids, ...metricIds].join(', ')}.`);
  }
  return { methods, measured };
}

/** SHA-256 of a file's content; the path itself for a folder. */
async function digestOf(path: string): Promise<string> {
  if ((await stat(path)).isDirectory()) return path;
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}
