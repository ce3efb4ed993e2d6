/** `whylight explain photo.jpg`: the top classes, and a saliency map over the photo. */
import { defineCommand } from 'citty';
import { WhylightError } from '../../core/errors.ts';
import type { ExplainedRow, Explanation } from '../../core/explainer/explanation.ts';
import { renderOverlay } from '../../core/image/overlay.ts';
import { parameterSchemas } from '../../core/method/schema.ts';
import { openPhoto } from '../../node/photo.ts';
import { numberFlag, refuseUnknown, UsageError } from '../arguments.ts';
import { compose, configuredMethods, EMBEDDED_MODELS, type EngineName, ROOT } from '../compose.ts';
import { openModel } from '../model-file.ts';
import { OVERLAY_ARGS, overlayFlags } from '../overlay-flags.ts';
import { PHOTO_ARG, readPhoto, SUBJECT_ARGS, writePng } from '../photo.ts';
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
    const { model } = await openModel(flags, EMBEDDED_MODELS, ROOT);
    const { image, inputs, placement } = await openPhoto(bytes, model);
    const explainer = await compose(flags.engine as EngineName);
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
          ...(flags.target !== undefined && { target: flags.target }),
        },
        { progress: bar.update },
      )
      .finally(bar.end);
    const row = explanation.rows[0] as ExplainedRow;
    if (flags.out !== undefined) await writeOverlay(flags.out);
    console.log(
      flags.json ? JSON.stringify(toJson(explanation, row, flags), null, 2) : page(explanation, row, flags.out),
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
  out: string | undefined,
): string {
  const { model, method, engine, timings, samples } = explanation;
  const name = (label: string | undefined, index: number | undefined) => label ?? `class ${index}`;
  const width = Math.max(...top.map(({ label, index }) => name(label, index).length), 12);
  const classes = top.map(({ label, index, score, probability }, i) => {
    const share = probability === undefined ? '' : `${(100 * probability).toFixed(1).padStart(6)} %`;
    return `  ${i + 1}  ${name(label, index).padEnd(width)} ${share}  score ${score.toFixed(3)}`;
  });
  const rows = samples.forwards + samples.backwards;
  return [
    `${model.name} ${model.version}, ${engine}`,
    ...classes,
    `${method} of ${name(target.label, target.index)} (score ${score.toFixed(3)}): ${rows} ${rows === 1 ? 'row' : 'rows'} in ${ms(timings.total)}` +
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
