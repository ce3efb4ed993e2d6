/** `whylight explain photo.jpg`: the top classes, and a saliency map over the photo. */
import { defineCommand } from 'citty';
import { WhylightError } from '../../core/errors.ts';
import type { ExplainedRow, Explanation } from '../../core/explainer/explanation.ts';
import { renderOverlay } from '../../core/image/overlay.ts';
import { parameterSchemas } from '../../core/method/schema.ts';
import type { Prediction } from '../../core/task/task.ts';
import { openPhoto } from '../../node/photo.ts';
import { numberFlag, refuseUnknown, UsageError } from '../arguments.ts';
import { compose, configuredMethods, EMBEDDED_MODELS, type EngineName, ROOT } from '../compose.ts';
import { openModel } from '../model-file.ts';
import { OVERLAY_ARGS, overlayFlags } from '../overlay-flags.ts';
import { PHOTO_ARG, readPhoto, SUBJECT_ARGS, writePng } from '../photo.ts';
import { listPredictions, nameOf } from '../prediction-lines.ts';
import { readAnswer, TASK_ARGS } from '../predictions.ts';
import { PRESET_ARG, presetParam } from '../preset-flag.ts';
import { progressBar } from '../progress.ts';

const args = {
  ...PHOTO_ARG,
  method: {
    type: 'string',
    default: 'grad_cam',
    valueHint: 'id',
    description: 'Saliency method; see "whylight methods"',
  },
  out: { type: 'string', alias: 'o', valueHint: 'file.png', description: 'Where to write the map over the photo' },
  ...PRESET_ARG,
  ...SUBJECT_ARGS,
  ...TASK_ARGS,
  summary: {
    type: 'boolean',
    default: true,
    description: 'Says it in words as well; runs one row more',
    negativeDescription: 'No summary in words',
  },
  json: { type: 'boolean', description: 'Print JSON' },
  values: { type: 'boolean', description: 'With --json: the map and the attribution, number by number' },
} as const;

export default defineCommand({
  meta: { name: 'explain', description: 'Explains what a model says about a photo.' },
  args: { ...args, ...OVERLAY_ARGS } as typeof args,
  async run({ args: flags, data }) {
    if (flags.values && !flags.json) throw new UsageError('--values goes with --json.');
    const seed = numberFlag('seed', flags.seed, 0, Number.MAX_SAFE_INTEGER);
    const { method } = configuredMethods().get(flags.method);
    refuseUnknown(data, { ...args, ...OVERLAY_ARGS }, Object.keys(parameterSchemas(method.params)));
    const bytes = await readPhoto(flags.photo);
    const opened = await openModel(flags, EMBEDDED_MODELS, ROOT);
    const { model } = opened;
    const photo = await openPhoto(bytes, model);
    const { image, inputs, placement } = photo;
    const explainer = await compose(flags.engine as EngineName);
    const answer = await readAnswer(explainer, opened, photo, flags);
    const { task, predictions } = answer;
    if (flags.json && predictions.length === 0 && flags.target === undefined) {
      console.log(JSON.stringify({ task: task.id, predictions }, null, 2));
      return;
    }
    const taskTarget = answer.target();
    const bar = progressBar(flags.method);
    const explanation = await explainer
      .explain(
        model,
        {
          method: flags.method,
          params: { ...data.parameters, ...presetParam(flags.preset) },
          seed,
          scores: flags.scores,
          inputs,
          summary: flags.summary,
          ...(taskTarget ? { taskTarget } : flags.target !== undefined && { target: flags.target }),
        },
        { progress: bar.update },
      )
      .finally(bar.end);
    const row = explanation.rows[0] as ExplainedRow;
    if (flags.out !== undefined) await writeOverlay(flags.out);
    console.log(
      flags.json
        ? JSON.stringify({ task: task.id, predictions, ...toJson(explanation, row, flags) }, null, 2)
        : page(explanation, row, predictions, flags.out),
    );

    async function writeOverlay(path: string): Promise<void> {
      if (!row.map) {
        throw new WhylightError(
          'unprocessable_method',
          `${flags.method} gives no map of the photo that could be drawn.`,
        );
      }
      const [height = 0, width = 0] = row.map.dims;
      await writePng(
        path,
        renderOverlay({ width, height, values: row.map.data }, image, overlayFlags(flags), placement),
      );
    }
  },
});

const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;

function page(
  explanation: Explanation,
  { top, target, score, summary }: ExplainedRow,
  predictions: readonly Prediction[],
  out: string | undefined,
): string {
  const { model, method, engine, timings, samples } = explanation;
  const listed = top.length > 0 ? top.map(({ index, ...rest }) => ({ class: index, ...rest })) : predictions;
  const rows = samples.forwards + samples.backwards;
  return [
    `${model.name} ${model.version}, ${engine}`,
    ...listPredictions(listed),
    `${method} of ${nameOf({ label: target.label, class: target.index })} (score ${score.toFixed(3)}): ${rows} ${rows === 1 ? 'row' : 'rows'} in ${ms(timings.total)}` +
      ` (compile ${ms(timings.compile)}, session ${ms(timings.session)}, run ${ms(timings.run)})`,
    ...(summary ? [summary.text] : []),
    out === undefined ? 'Add "-o map.png" to see where.' : `written to ${out}`,
  ].join('\n');
}

function toJson(
  explanation: Explanation,
  row: ExplainedRow,
  { out, values }: { out?: string; values?: boolean },
): object {
  const { rows: _, ...rest } = explanation;
  const { values: attribution, map, ...outcome } = row;
  return {
    ...rest,
    ...outcome,
    ...(out !== undefined && { out }),
    ...(values && {
      map: map && { shape: map.dims, data: [...map.data] },
      attribution: Object.fromEntries(
        Object.entries(attribution).map(([name, { dims, data }]) => [name, { shape: dims, data: [...data] }]),
      ),
    }),
  };
}
