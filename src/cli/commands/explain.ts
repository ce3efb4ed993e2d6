/** `whylight explain photo.jpg`: the top classes, and a saliency map over the photo. */
import { writeFile } from 'node:fs/promises';
import { defineCommand } from 'citty';
import { WhylightError } from '../../core/errors.ts';
import type { ExplainedRow, Explanation } from '../../core/explainer.ts';
import { overlaySchema, renderOverlay } from '../../core/image/overlay.ts';
import { preprocess } from '../../core/image/preprocess.ts';
import { parameterSchemas } from '../../core/method/schema.ts';
import { nodeCodecs } from '../../node/codecs.ts';
import { numberFlag, refuseUnknown, UsageError } from '../arguments.ts';
import { compose, configuredMethods, EMBEDDED_MODELS, ENGINES, type EngineName, ROOT } from '../compose.ts';
import { MODEL_ARGS, openModel, PREPROCESSING_ARGS, readBytes } from '../model-file.ts';
import { progressBar } from '../progress.ts';

const args = {
  photo: { type: 'positional', required: true, description: 'A JPEG, PNG or WebP file' },
  method: {
    type: 'string',
    default: 'grad_cam',
    valueHint: 'id',
    description: 'Saliency method; see "whylight methods"',
  },
  out: { type: 'string', alias: 'o', valueHint: 'file.png', description: 'Where to write the map over the photo' },
  target: {
    type: 'string',
    valueHint: 'class',
    description: 'Index or name of the class; the top class when left out',
  },
  scores: {
    type: 'string',
    default: 'logits',
    valueHint: 'tensor',
    description: 'What is explained: logits, output (as the graph gives it), or any tensor',
  },
  ...MODEL_ARGS,
  ...PREPROCESSING_ARGS,
  seed: { type: 'string', default: '0', valueHint: 'n', description: 'Seed of methods that draw at random' },
  engine: { type: 'enum', options: ENGINES, default: 'node', description: 'onnxruntime-node or onnxruntime-web' },
  param: {
    type: 'string',
    valueHint: 'name=value',
    description: 'A parameter of the method; --name value does the same',
  },
  json: { type: 'boolean', description: 'Print JSON' },
  values: { type: 'boolean', description: 'With --json: the map and the attribution, number by number' },
} as const;

const overlaySchemas = parameterSchemas(overlaySchema);

/** How the map is drawn, as flags: read off the schema that the HTTP face uses too. */
const overlayArgs = Object.fromEntries(
  Object.entries(overlaySchemas).map(([name, schema]) => {
    const hint = schema.enum ? schema.enum.join('|') : 'x';
    const description = `${schema.description ?? ''}${schema.default === undefined ? '' : ` (Default: ${schema.default})`}`;
    return [name, { type: 'string', valueHint: hint, description } as const];
  }),
);

export default defineCommand({
  meta: { name: 'explain', description: 'Explains what a model says about a photo.' },
  args: { ...args, ...overlayArgs } as typeof args,
  async run({ args: flags, data }) {
    if (flags.values && !flags.json) throw new UsageError('--values goes with --json.');
    const seed = numberFlag('seed', flags.seed, 0, Number.MAX_SAFE_INTEGER);
    const { method } = configuredMethods().get(flags.method);
    refuseUnknown(data, { ...args, ...overlayArgs }, Object.keys(parameterSchemas(method.params)));
    const codecs = nodeCodecs();
    const bytes = await readBytes(flags.photo, 'photo');
    const { model } = await openModel(flags, EMBEDDED_MODELS, ROOT);
    const { preprocessing } = model.manifest;
    if (!preprocessing) {
      throw new WhylightError(
        'invalid_config',
        `Nothing says how a photo becomes the input of ${model.name}: give --scale, --mean, --std and --resize, or a manifest beside the model.`,
      );
    }
    const [input] = model.graph.inputs;
    const image = await codecs.decode(bytes);
    const { tensor, placement } = preprocess(image, preprocessing);
    const explainer = await compose(flags.engine as EngineName);
    const bar = progressBar(flags.method);
    const explanation = await explainer
      .explain(
        model,
        {
          method: flags.method,
          params: data.parameters,
          seed,
          scores: flags.scores,
          inputs: { [input?.name ?? '']: tensor },
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
      const picture = renderOverlay({ width, height, values: row.map.data }, image, overlayFlags(flags), placement);
      const png = await codecs.encodePng(picture);
      await writeFile(path, png).catch((error: NodeJS.ErrnoException) => {
        throw new WhylightError('invalid_request', `Cannot write ${path}: ${error.code}.`, { path }, { cause: error });
      });
    }
  },
});

/** The overlay options among the flags, as the schema's own types; the schema judges them. */
function overlayFlags(flags: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const given = Object.entries(overlaySchemas).filter(([name]) => flags[name] !== undefined);
  return Object.fromEntries(
    given.map(([name, { type }]) => [name, type === 'number' ? numberFlag(name, String(flags[name])) : flags[name]]),
  );
}

const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;

function page(explanation: Explanation, { top, target, score }: ExplainedRow, out: string | undefined): string {
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
