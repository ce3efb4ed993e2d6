/** `whylight compare image.jpg`: several methods on one input, as a table and as one labelled sheet. */

import { WhylightError } from '../../core/errors.ts';
import type { Explainer } from '../../core/explainer/explainer.ts';
import type { ExplainedRow, Explanation } from '../../core/explainer/explanation.ts';
import type { MethodRegistry } from '../../core/method/registry.ts';
import { parameterSchemas } from '../../core/method/schema.ts';
import type { Model } from '../../core/model/model.ts';
import { readTargets } from '../../core/text-list.ts';
import type { OpenedModel } from '../../library/opened-model.ts';
import { type Outcome as LibraryOutcome, outcomeOf, requestOf } from '../../library/outcome.ts';
import type { Subject } from '../../library/subject.ts';
import { numberFlag, refuseUnknown, UsageError } from '../arguments.ts';
import { type CompareSheet, drawnSheet, imageSheet } from '../compare-sheet.ts';
import { compose, configuredMethods, EMBEDDED_MODELS, type EngineName, ROOT } from '../compose.ts';
import { defineCommand, JSON_ARG } from '../define-command.ts';
import { featureMatrix } from '../feature-matrix.ts';
import { textFlag } from '../flags.ts';
import { SUBJECT_ARGS } from '../image-file.ts';
import { interruptible, nothingKept } from '../interrupt.ts';
import { openModel } from '../model-file.ts';
import { OVERLAY_ARGS, overlayFlags } from '../overlay-flags.ts';
import { PRESET_ARG, presetParams } from '../preset-flag.ts';
import { progressBar } from '../progress.ts';
import { INPUT_ARGS, readSubjects } from '../read-subjects.ts';

const args = {
  ...INPUT_ARGS,
  row: textFlag('Row of a file with several, such as a table; the first is 1', { valueHint: 'n' }),
  methods: textFlag('Saliency methods, or all: every one that applies to the model', {
    default: 'all',
    valueHint: 'a,b,c',
  }),
  targets: textFlag('Targets that every method explains, or a JSON list of them, in place of --target', {
    valueHint: 'a,b,c',
  }),
  out: textFlag('Where to write the sheet: .png for an image, .svg or .html for all else', {
    alias: 'o',
    valueHint: 'file',
  }),
  cell: textFlag('Longer side of each map on the sheet, in pixels', { default: '224', valueHint: 'n' }),
  columns: textFlag('Maps side by side on the sheet', { valueHint: 'n' }),
  'max-samples': textFlag('Leave out methods that would evaluate more rows', { valueHint: 'n' }),
  ...PRESET_ARG,
  ...SUBJECT_ARGS,
  ...JSON_ARG,
} as const;

/** Result of one method. `skipped`: it does not fit the model, and was not asked for by name. */
type Outcome = Done | Undone;
interface Done {
  readonly method: string;
  /** Target as it was asked for, of a comparison of several. */
  readonly asked?: string;
  readonly explanation: Explanation;
  readonly row: ExplainedRow;
  /** The whole outcome, until it is drawn. */
  readonly drawn?: LibraryOutcome;
}
interface Undone {
  readonly method: string;
  readonly error: WhylightError;
  readonly skipped: boolean;
}
const isDone = (outcome: Outcome): outcome is Done => 'row' in outcome;

export default defineCommand({
  name: 'compare',
  description: 'Explains an image, a text, a table row or a signal by several methods or for several targets.',
  examples: [
    'whylight compare image.jpg --methods grad_cam,occlusion -o sheet.png',
    'whylight compare image.jpg --methods grad_cam --targets cat,dog -o classes.png',
    'whylight compare --model movie_reviews --text "a fine film" -o sheet.html',
  ],
  args: { ...args, ...OVERLAY_ARGS } as typeof args,
  takesParameters: true,
  async run(flags, data) {
    const numbers = {
      seed: numberFlag('seed', flags.seed, 0, Number.MAX_SAFE_INTEGER),
      cell: wholeFlag('cell', flags.cell, 32, 2048),
      ...(flags.columns !== undefined && { columns: wholeFlag('columns', flags.columns, 1, 1000) }),
      ...(flags['max-samples'] !== undefined && { maxSamples: numberFlag('max-samples', flags['max-samples'], 1) }),
    };
    if (flags.targets !== undefined && flags.target !== undefined)
      throw new UsageError('--targets and --target exclude each other: name every target in --targets.');
    const targets = flags.targets === undefined ? undefined : targetList(flags.targets);
    const registry = configuredMethods();
    const all = flags.methods === 'all';
    const ids = all ? registry.ids : listed(flags.methods, registry);
    const taken = new Set(ids.flatMap((id) => Object.keys(parameterSchemas(registry.get(id).method.params))));
    refuseUnknown(data, { ...args, ...OVERLAY_ARGS }, taken);
    const presetOf = presetParams(
      flags.preset,
      ids.map((id) => registry.get(id).method),
    );
    const opened = await openModel(flags, EMBEDDED_MODELS, ROOT);
    const subject = chosenRow(await readSubjects(opened, flags, flags._), flags.row);
    // What is wrong with the drawing, the target or the input is wrong for every method: it stops here.
    const sheet = subject.image
      ? imageSheet(subject.image, { ...numbers, overlay: overlayFlags(flags) })
      : drawnSheet(opened.model.name, flags.out);
    const explainer = await compose(flags.engine as EngineName | undefined);
    // A sheet says for each map whose choices it follows.
    const titled = (method: string): string => [method, ...Object.values(presetOf(method))].join(' ');
    const outcomes: Outcome[] = [];
    for (const [i, method] of ids.entries()) {
      const question = {
        subject,
        method,
        seed: numbers.seed,
        scores: flags.scores,
        params: data.parameters,
        preset: presetOf(method),
        ...(flags.target !== undefined && { target: flags.target }),
        ...(targets && { targets }),
        ...(numbers.maxSamples !== undefined && { maxSamples: numbers.maxSamples }),
      };
      const found = await interruptible(
        () => nothingKept(`: ${i} of ${ids.length} methods were done. Name fewer with --methods`),
        () => explained(explainer, opened, registry, all, `${i + 1}/${ids.length} ${method}`, question),
      );
      for (const outcome of found) {
        draw(sheet, `${titled(method)}${askedOf(outcome)}`, outcome, registry);
        outcomes.push(withoutMap(outcome));
      }
    }
    const first = outcomes.find(isDone);
    if (flags.out !== undefined) await sheet.write(flags.out, first && !targets ? named(first.row.target) : undefined);
    const { model } = opened;
    for (const notice of subject.prepared?.notices ?? []) process.stderr.write(`note: ${notice}\n`);
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
  readonly subject: Subject;
  readonly seed: number;
  readonly scores: string;
  readonly target?: string;
  readonly targets?: readonly string[];
  readonly maxSamples?: number;
}

/** Codes of errors that mean that a method does not fit this model or these limits, rather than a fault. */
const DOES_NOT_APPLY: readonly string[] = ['unprocessable_method', 'not_differentiable', 'budget_exceeded'];

/** Faults of the question itself: no other method would answer it either. */
const EVERYWHERE: readonly string[] = ['label_not_found', 'invalid_tensor', 'invalid_model', 'unsupported_operator'];

/** One method's turn: whatever it throws becomes its outcome, so that the others have theirs. */
async function explained(
  explainer: Explainer,
  { model }: OpenedModel,
  registry: MethodRegistry,
  all: boolean,
  title: string,
  { maxSamples, preset, subject, targets, ...question }: Question,
): Promise<Outcome[]> {
  const { method } = question;
  const bar = progressBar(title);
  try {
    const own = parameterSchemas(registry.get(method).method.params);
    const params = Object.fromEntries(Object.entries(question.params).filter(([name]) => Object.hasOwn(own, name)));
    const request = await requestOf(subject, { ...question, params: { ...params, ...preset } });
    const hooks = { progress: bar.update, ...(maxSamples !== undefined && { maxSamples }) };
    const explanations = targets
      ? await explainer.explainTargets(await explainer.planned(model, request), targets, hooks)
      : [await explainer.explain(model, request, hooks)];
    return explanations.map((explanation, i) => {
      const asked = targets?.[i];
      return { ...doneOf(outcomeOf(model, subject, request, explanation)), ...(asked !== undefined && { asked }) };
    });
  } catch (error) {
    if (!WhylightError.is(error) || EVERYWHERE.includes(error.code)) throw error;
    return [{ method, error, skipped: all && DOES_NOT_APPLY.includes(error.code) }];
  } finally {
    bar.end();
  }
}

/** @throws WhylightError `label_not_found`, `unprocessable_method` where there is nothing to draw */
function doneOf(drawn: LibraryOutcome): Done {
  const { subject, explanation, row } = drawn;
  const { method } = explanation;
  if (row.nothing !== undefined) throw new WhylightError('label_not_found', row.nothing);
  if (subject.image ? !row.map : !row.features) {
    const lacks = subject.image ? 'map of the image that could be drawn' : 'values of the features of the input';
    throw new WhylightError('unprocessable_method', `${method} gives no ${lacks}.`);
  }
  return { method, explanation, row, drawn };
}

function targetList(text: string): string[] {
  const targets = readTargets(text);
  if (!targets) throw new UsageError('--targets takes targets with commas between, such as cat,dog, or a JSON list.');
  return targets.map(String);
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

/** The input that is compared: the one that there is, or the row that the flag names. */
function chosenRow(subjects: readonly Subject[], row: string | undefined): Subject {
  const number = row === undefined ? 1 : wholeFlag('row', row, 1, subjects.length);
  if (row === undefined && subjects.length > 1) {
    process.stderr.write(`note: the first of ${subjects.length} inputs is compared; --row names another.\n`);
  }
  return subjects[number - 1] as Subject;
}

/** Adds an outcome to the sheet; a method that does not fit the model has no place there. */
function draw(sheet: CompareSheet, label: string, outcome: Outcome, registry: MethodRegistry): void {
  if (!isDone(outcome)) {
    if (!outcome.skipped) sheet.fail(outcome.method, outcome.error.code);
    return;
  }
  const { signed } = registry.get(outcome.method).method.about.properties;
  if (outcome.drawn) sheet.add(label, outcome.drawn, signed && outcome.explanation.params.absolute !== true);
}

/** Attributions of many methods need not stay in memory until the last one is done. */
function withoutMap(outcome: Outcome): Outcome {
  if (!isDone(outcome)) return outcome;
  const { drawn: _drawn, ...kept } = outcome;
  const { map: _, ...rest } = outcome.row;
  const row = { ...rest, values: {} };
  return { ...kept, row, explanation: { ...outcome.explanation, rows: [row] } };
}

/** Text behind the name of the method, where it explains several targets. */
const askedOf = (outcome: Outcome): string =>
  isDone(outcome) && outcome.asked !== undefined ? ` ${outcome.asked}` : '';

const titleOf = (outcome: Outcome): string => `${outcome.method}${askedOf(outcome)}`;

const named = ({ label, index }: ExplainedRow['target']): string =>
  label ?? (index === undefined ? 'target' : `class ${index}`);

function page(model: Model, outcomes: readonly Outcome[], out: string | undefined): string {
  const done = outcomes.filter(isDone);
  const others = outcomes.filter((outcome): outcome is Undone => !isDone(outcome));
  // The score of a neuron's method is the neuron's value.
  const [first] = done.filter(({ explanation }) => !('neuron' in explanation.params));
  const matrix = featureMatrix(
    done.flatMap((outcome) => {
      const { features } = outcome.row;
      return features ? [{ method: titleOf(outcome), features }] : [];
    }),
  );
  const width = Math.max(6, ...outcomes.map((outcome) => titleOf(outcome).length));
  const hasTargets = done.some(({ asked }) => asked !== undefined);
  const cells = (name: string, ...numbers: string[]) =>
    [name.padEnd(width), ...numbers.map((number) => number.padStart(11))].join(' ');
  return [
    `${model.name} ${model.version}${first ? `, ${first.explanation.engine}` : ''}${first && !hasTargets ? `: ${named(first.row.target)}, score ${first.row.score.toFixed(3)}` : ''}`,
    ...(done.length > 0 ? [cells('method', ...(hasTargets ? ['score'] : []), 'rows', 'prepare ms', 'run ms')] : []),
    ...done.map((outcome) => {
      const { samples, timings } = outcome.explanation;
      return cells(
        titleOf(outcome),
        ...(hasTargets ? [outcome.row.score.toFixed(3)] : []),
        String(samples.forwards + samples.backwards),
        (timings.compile + timings.session).toFixed(0),
        timings.run.toFixed(0),
      );
    }),
    ...others.map(
      ({ method, error, skipped }) =>
        `${method.padEnd(width)} ${skipped ? 'left out' : 'FAILED'}: ${error.code}: ${error.message}`,
    ),
    ...(matrix.length > 0 ? ['', ...matrix, ''] : []),
    out === undefined
      ? `Add "-o sheet.${matrix.length > 0 ? 'html' : 'png'}" to see the ${matrix.length > 0 ? 'drawings' : 'maps'}.`
      : `written to ${out}`,
  ].join('\n');
}

function toJson(model: Model, outcomes: readonly Outcome[], out: string | undefined): object {
  const first = outcomes.find(isDone);
  return {
    model: { name: model.name, version: model.version, digest: model.digest },
    ...(first && {
      engine: first.explanation.engine,
      seed: first.explanation.seed,
      ...(first.asked === undefined && { target: first.row.target, score: first.row.score }),
      top: first.row.top,
    }),
    ...(out !== undefined && { out }),
    methods: outcomes.map((outcome) => {
      if (!isDone(outcome)) {
        const { method, skipped, error } = outcome;
        return { method, skipped, error: { code: error.code, message: error.message } };
      }
      const { method, explanation, row, asked } = outcome;
      const about = asked === undefined ? {} : { asked, target: row.target, score: row.score };
      const { revision, params, samples, timings } = explanation;
      const { baselineScore, convergenceDelta, features } = row;
      return { method, ...about, revision, params, samples, timings, baselineScore, convergenceDelta, features };
    }),
  };
}
