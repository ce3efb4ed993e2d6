/** `whylight explain image.jpg`: predictions, and what of the input speaks for them. */

import { AUTO_METHOD, hasOpenShapes } from '../../core/explainer/auto-method.ts';
import { chooseMethod } from '../../core/explainer/choose-method.ts';
import { PRESET_PARAMETER } from '../../core/method/presets.ts';
import { parameterSchemas } from '../../core/method/schema.ts';
import type { BoxScore } from '../../core/task/task.ts';
import type { OpenedModel } from '../../library/opened-model.ts';
import { explainSubject, type Question } from '../../library/outcome.ts';
import { toJson } from '../../library/outcome-json.ts';
import type { Subject } from '../../library/subject.ts';
import { numberFlag, refuseUnknown, UsageError } from '../arguments.ts';
import { Beeswarm } from '../beeswarm.ts';
import { compose, configuredMethods, EMBEDDED_MODELS, type EngineName, ROOT } from '../compose.ts';
import { defineCommand, JSON_ARG } from '../define-command.ts';
import { textFlag } from '../flags.ts';
import { SUBJECT_ARGS } from '../image-file.ts';
import { openModel } from '../model-file.ts';
import { page } from '../outcome-text.ts';
import { OVERLAY_ARGS, overlayFlags } from '../overlay-flags.ts';
import { TASK_ARGS, thresholdOf } from '../predictions.ts';
import { PRESET_ARG, presetParam } from '../preset-flag.ts';
import { progressBar } from '../progress.ts';
import { INPUT_ARGS, readSubjects } from '../read-subjects.ts';
import { similarToOf } from '../similar-to.ts';
import { outputFor } from '../write-outcome.ts';

const args = {
  ...INPUT_ARGS,
  method: textFlag('Saliency method, see "whylight methods"; auto, the best one for the model, when left out', {
    valueHint: 'id',
  }),
  out: textFlag(
    'Where to write the drawing: .png for images, .svg or .html for all else, .json or .npy for the numbers; a folder (maps/) for many inputs; - is standard output',
    { alias: 'o', valueHint: 'file' },
  ),
  beeswarm: textFlag('For many rows of a table and one --target: draws all of them together, as .svg or .html', {
    valueHint: 'file',
  }),
  ...PRESET_ARG,
  ...SUBJECT_ARGS,
  ...TASK_ARGS,
  summary: {
    type: 'boolean',
    default: true,
    description: 'Says it in words as well; runs one row more',
    negativeDescription: 'No summary in words',
  },
  ...JSON_ARG,
  values: { type: 'boolean', description: 'With --json: the map and the attribution, number by number' },
} as const;

export default defineCommand({
  name: 'explain',
  description: 'Explains what a model says about an image, a text, a table row or a signal.',
  examples: [
    'whylight explain image.jpg -o map.png',
    'whylight explain "images/*.jpg" -o maps/',
    'whylight explain image.jpg --model model.onnx --labels names.txt',
    'whylight explain image.jpg --method integrated_gradients --n_steps 50',
  ],
  args: { ...args, ...OVERLAY_ARGS } as typeof args,
  takesParameters: true,
  async run(flags, data) {
    if (flags.values && !flags.json) throw new UsageError('--values goes with --json.');
    const seed = numberFlag('seed', flags.seed, 0, Number.MAX_SAFE_INTEGER);
    const opened = await openModel(flags, EMBEDDED_MODELS, ROOT);
    const early = hasOpenShapes(opened.model) ? await readSubjects(opened, flags, flags._) : undefined;
    const { method, reason } = methodOf(opened, flags, early?.[0]);
    const { id } = method;
    const known = [PRESET_PARAMETER, ...Object.keys(parameterSchemas(method.params))];
    refuseUnknown(data, { ...args, ...OVERLAY_ARGS }, known);
    const subjects = early ?? (await readSubjects(opened, flags, flags._));
    const output =
      flags.out === undefined ? undefined : await outputFor(flags.out, subjects.length, overlayFlags(flags));
    const swarm = flags.beeswarm === undefined ? undefined : new Beeswarm(flags.beeswarm);
    if (reason !== undefined) process.stderr.write(`note: ${id} was chosen: ${reason}.\n`);
    for (const notice of opened.notices) process.stderr.write(`note: ${notice}\n`);
    const explainer = await compose(flags.engine as EngineName | undefined);
    const similarTo = await similarToOf(explainer, opened, flags);
    const question = { ...questionOf(flags, id, seed, data.parameters), ...(similarTo && { similarTo }) };
    const answers: object[] = [];
    for (const subject of subjects) {
      const bar = progressBar(id);
      const outcome = await explainSubject(explainer, opened, subject, question, { progress: bar.update }).finally(
        bar.end,
      );
      const signed = method.about.properties.signed && outcome.explanation.params.absolute !== true;
      const out = await output?.(outcome, signed);
      swarm?.add(outcome);
      if (flags.json) answers.push(toJson(outcome, { ...flags, ...(out !== undefined && { out }) }));
      else if (flags.out !== '-') {
        const color = process.stdout.isTTY === true && !process.env.NO_COLOR;
        if (subjects.length > 1) console.log(`${subject.name}:`);
        console.log(page(outcome, { signed, color, ...(out !== undefined && { out }) }));
      }
    }
    if (swarm) process.stderr.write(`note: ${await swarm.write()}\n`);
    if (flags.json) console.log(JSON.stringify(answers.length === 1 ? answers[0] : answers, null, 2));
  },
});

/** The method that is named, or the best one for the model. */
function methodOf(
  { model }: OpenedModel,
  { method, scores, task }: { readonly method?: string; readonly scores?: string; readonly task?: string },
  subject: Subject | undefined,
) {
  const methods = configuredMethods();
  if (method !== undefined && method !== AUTO_METHOD) return { ...methods.get(method), reason: undefined };
  const { entry, reason } = chooseMethod(methods, {
    model,
    scores,
    inputs: subject?.inputs,
    corrections: task === undefined ? undefined : { task },
  });
  return { ...entry, reason };
}

/** The question that the flags ask about each input. */
function questionOf(
  flags: Pick<Partial<Question>, 'scores' | 'task' | 'summary'> & {
    readonly [K in 'target' | 'threshold' | 'preset']?: string;
  } & { readonly 'box-score'?: BoxScore },
  method: string,
  seed: number,
  parameters: Readonly<Record<string, string>>,
): Question {
  const { scores, target, task, summary, preset, 'box-score': boxScore } = flags;
  const threshold = thresholdOf(flags);
  return {
    method,
    seed,
    params: { ...parameters, ...presetParam(preset) },
    ...(threshold !== undefined && { threshold }),
    ...(boxScore && { boxScore }),
    ...(scores !== undefined && { scores }),
    ...(target !== undefined && { target }),
    ...(task !== undefined && { task }),
    ...(summary !== undefined && { summary }),
  };
}
