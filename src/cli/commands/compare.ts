/** `whylight compare image.jpg`: several methods on one image, as a table and as one labelled sheet of maps. */

import { WhylightError } from '../../core/errors.ts';
import type { Explainer } from '../../core/explainer/explainer.ts';
import type { ExplainedRow, Explanation } from '../../core/explainer/explanation.ts';
import type { ReadRequest } from '../../core/explainer/request.ts';
import { contactSheet, type SheetCell } from '../../core/image/contact-sheet.ts';
import { renderOverlay } from '../../core/image/overlay.ts';
import { inOriginalPixels, resizePlaced } from '../../core/image/placement.ts';
import type { MethodRegistry } from '../../core/method/registry.ts';
import { parameterSchemas } from '../../core/method/schema.ts';
import type { Model } from '../../core/model/model.ts';
import { type ImageInput, openImage } from '../../node/image-input.ts';
import { drawShown } from '../../protocol/explanation-picture.ts';
import { numberFlag, refuseUnknown, UsageError } from '../arguments.ts';
import { compose, configuredMethods, EMBEDDED_MODELS, type EngineName, ROOT } from '../compose.ts';
import { defineCommand, JSON_ARG } from '../define-command.ts';
import { IMAGE_ARG, readImage, SUBJECT_ARGS, writePng } from '../image-file.ts';
import { interruptible, nothingKept } from '../interrupt.ts';
import { openModel } from '../model-file.ts';
import { OVERLAY_ARGS, overlayFlags } from '../overlay-flags.ts';
import { PRESET_ARG, presetParams } from '../preset-flag.ts';
import { progressBar } from '../progress.ts';

const args = {
  ...IMAGE_ARG,
  methods: {
    type: 'string',
    default: 'all',
    valueHint: 'a,b,c',
    description: 'Saliency methods, or all: every one that applies to the model',
  },
  out: { type: 'string', alias: 'o', valueHint: 'file.png', description: 'Where to write the sheet of maps' },
  cell: {
    type: 'string',
    default: '224',
    valueHint: 'n',
    description: 'Longer side of each map on the sheet, in pixels',
  },
  columns: { type: 'string', valueHint: 'n', description: 'Maps side by side on the sheet' },
  'max-samples': { type: 'string', valueHint: 'n', description: 'Leave out methods that would evaluate more rows' },
  ...PRESET_ARG,
  ...SUBJECT_ARGS,
  ...JSON_ARG,
} as const;

/** Result of one method. `skipped`: it does not fit the model, and was not asked for by name. */
type Outcome = Done | Undone;
interface Done {
  readonly method: string;
  readonly explanation: Explanation;
  readonly row: ExplainedRow;
}
interface Undone {
  readonly method: string;
  readonly error: WhylightError;
  readonly skipped: boolean;
}
const isDone = (outcome: Outcome): outcome is Done => 'row' in outcome;

export default defineCommand({
  name: 'compare',
  description: 'Explains an image by several methods, side by side.',
  examples: ['whylight compare image.jpg --methods grad_cam,occlusion -o sheet.png'],
  args: { ...args, ...OVERLAY_ARGS } as typeof args,
  takesParameters: true,
  async run(flags, data) {
    const numbers = {
      seed: numberFlag('seed', flags.seed, 0, Number.MAX_SAFE_INTEGER),
      cell: wholeFlag('cell', flags.cell, 32, 2048),
      ...(flags.columns !== undefined && { columns: wholeFlag('columns', flags.columns, 1, 1000) }),
      ...(flags['max-samples'] !== undefined && { maxSamples: numberFlag('max-samples', flags['max-samples'], 1) }),
    };
    const registry = configuredMethods();
    const all = flags.methods === 'all';
    const ids = all ? registry.ids : listed(flags.methods, registry);
    const taken = new Set(ids.flatMap((id) => Object.keys(parameterSchemas(registry.get(id).method.params))));
    refuseUnknown(data, { ...args, ...OVERLAY_ARGS }, taken);
    const presetOf = presetParams(
      flags.preset,
      ids.map((id) => registry.get(id).method),
    );
    const bytes = await readImage(flags.image);
    const { model } = await openModel(flags, EMBEDDED_MODELS, ROOT);
    const input = await openImage(bytes, model);
    const small = { ...input, ...resizePlaced(input, numbers.cell) };
    const drawing = overlayFlags(flags);
    // What is wrong with the drawing, the target or the image is wrong for every method: it stops here.
    renderOverlay({ width: 1, height: 1, values: new Float32Array(1) }, small.image, drawing, small.placement);
    const explainer = await compose(flags.engine as EngineName | undefined);
    const subject = {
      inputs: input.inputs,
      seed: numbers.seed,
      read: { image: inOriginalPixels(input) },
      scores: flags.scores,
      ...(flags.target !== undefined && { target: flags.target }),
    };
    // A sheet says for each map whose choices it follows.
    const titled = (method: string): string => [method, ...Object.values(presetOf(method))].join(' ');
    const cells: SheetCell[] = [];
    const outcomes: Outcome[] = [];
    for (const [i, method] of ids.entries()) {
      const question = {
        ...subject,
        method,
        params: data.parameters,
        preset: presetOf(method),
        ...(numbers.maxSamples !== undefined && { maxSamples: numbers.maxSamples }),
      };
      const outcome = await interruptible(
        () => nothingKept(`: ${i} of ${ids.length} methods were done. Name fewer with --methods`),
        () => explained(explainer, model, registry, all, `${i + 1}/${ids.length} ${method}`, question),
      );
      if (isDone(outcome)) cells.push({ label: titled(method), image: drawShown(method, outcome.row, small, drawing) });
      else if (!outcome.skipped) cells.push({ label: method, note: outcome.error.code });
      outcomes.push(withoutMap(outcome));
    }
    const first = outcomes.find(isDone);
    if (flags.out !== undefined) {
      const label = first ? `image: ${named(first.row.target)}` : 'image';
      const sheet = contactSheet([{ label, image: small.image }, ...cells], numbers);
      await writePng(flags.out, sheet);
    }
    if (flags.json) console.log(JSON.stringify(toJson(model, outcomes, flags.out), null, 2));
    else {
      console.log(page(model, outcomes, flags.out));
      const without = flags.preset === undefined ? [] : ids.filter((id) => presetOf(id).preset === undefined);
      if (without.length > 0 && !all)
        console.log(`without a preset ${flags.preset}, by their defaults: ${without.join(', ')}`);
    }
    if (outcomes.some((outcome) => !isDone(outcome) && !outcome.skipped)) process.exitCode = 1;
  },
});

interface Question {
  readonly method: string;
  readonly params: Readonly<Record<string, string>>;
  readonly preset: Readonly<Record<string, string>>;
  readonly inputs: ImageInput['inputs'];
  readonly seed: number;
  readonly read: ReadRequest;
  readonly scores: string;
  readonly target?: string;
  readonly maxSamples?: number;
}

/** Codes of errors that mean that a method does not fit this model or these limits, rather than a fault. */
const DOES_NOT_APPLY: readonly string[] = ['unprocessable_method', 'not_differentiable', 'budget_exceeded'];

/** Faults of the question itself: no other method would answer it either. */
const EVERYWHERE: readonly string[] = ['label_not_found', 'invalid_tensor', 'invalid_model', 'unsupported_operator'];

/** One method's turn: whatever it throws becomes its outcome, so that the others have theirs. */
async function explained(
  explainer: Explainer,
  model: Model,
  registry: MethodRegistry,
  all: boolean,
  title: string,
  { maxSamples, preset, ...question }: Question,
): Promise<Outcome> {
  const { method } = question;
  const bar = progressBar(title);
  try {
    const own = parameterSchemas(registry.get(method).method.params);
    const params = Object.fromEntries(Object.entries(question.params).filter(([name]) => Object.hasOwn(own, name)));
    const explanation = await explainer.explain(
      model,
      { ...question, params: { ...params, ...preset } },
      { progress: bar.update, ...(maxSamples !== undefined && { maxSamples }) },
    );
    const row = explanation.rows[0] as ExplainedRow;
    if (row.nothing !== undefined) throw new WhylightError('label_not_found', row.nothing);
    if (!row.map) {
      throw new WhylightError('unprocessable_method', `${method} gives no map of the image that could be drawn.`);
    }
    return { method, explanation, row };
  } catch (error) {
    if (!WhylightError.is(error) || EVERYWHERE.includes(error.code)) throw error;
    return { method, error, skipped: all && DOES_NOT_APPLY.includes(error.code) };
  } finally {
    bar.end();
  }
}

function listed(text: string, registry: MethodRegistry): string[] {
  const ids = text
    .split(',')
    .map((id) => id.trim())
    .filter((id) => id !== '');
  if (ids.length === 0) throw new UsageError('--methods takes names with commas between, or all.');
  for (const id of ids) registry.get(id);
  return [...new Set(ids)];
}

function wholeFlag(name: string, text: string, least: number, most: number): number {
  const value = numberFlag(name, text, least, most);
  if (!Number.isInteger(value)) throw new UsageError(`--${name} takes a whole number, not "${text}".`);
  return value;
}

/** Attributions of many methods need not stay in memory until the last one is done. */
function withoutMap(outcome: Outcome): Outcome {
  if (!isDone(outcome)) return outcome;
  const { map: _, ...rest } = outcome.row;
  const row = { ...rest, values: {} };
  return { ...outcome, row, explanation: { ...outcome.explanation, rows: [row] } };
}

const named = ({ label, index }: ExplainedRow['target']): string =>
  label ?? (index === undefined ? 'target' : `class ${index}`);

function page(model: Model, outcomes: readonly Outcome[], out: string | undefined): string {
  const done = outcomes.filter(isDone);
  const others = outcomes.filter((outcome): outcome is Undone => !isDone(outcome));
  // The score of a neuron's method is the neuron's value.
  const [first] = done.filter(({ explanation }) => !('neuron' in explanation.params));
  const width = Math.max(6, ...outcomes.map(({ method }) => method.length));
  const cells = (name: string, ...numbers: string[]) =>
    [name.padEnd(width), ...numbers.map((number) => number.padStart(11))].join(' ');
  return [
    `${model.name} ${model.version}${first ? `, ${first.explanation.engine}: ${named(first.row.target)}, score ${first.row.score.toFixed(3)}` : ''}`,
    ...(done.length > 0 ? [cells('method', 'rows', 'prepare ms', 'run ms')] : []),
    ...done.map(({ method, explanation: { samples, timings } }) =>
      cells(
        method,
        String(samples.forwards + samples.backwards),
        (timings.compile + timings.session).toFixed(0),
        timings.run.toFixed(0),
      ),
    ),
    ...others.map(
      ({ method, error, skipped }) =>
        `${method.padEnd(width)} ${skipped ? 'left out' : 'FAILED'}: ${error.code}: ${error.message}`,
    ),
    out === undefined ? 'Add "-o sheet.png" to see the maps.' : `written to ${out}`,
  ].join('\n');
}

function toJson(model: Model, outcomes: readonly Outcome[], out: string | undefined): object {
  const first = outcomes.find(isDone);
  return {
    model: { name: model.name, version: model.version, digest: model.digest },
    ...(first && {
      engine: first.explanation.engine,
      seed: first.explanation.seed,
      target: first.row.target,
      score: first.row.score,
      top: first.row.top,
    }),
    ...(out !== undefined && { out }),
    methods: outcomes.map((outcome) => {
      if (!isDone(outcome)) {
        const { method, skipped, error } = outcome;
        return { method, skipped, error: { code: error.code, message: error.message } };
      }
      const { method, explanation, row } = outcome;
      const { revision, params, samples, timings } = explanation;
      const { baselineScore, convergenceDelta } = row;
      return { method, revision, params, samples, timings, baselineScore, convergenceDelta };
    }),
  };
}
