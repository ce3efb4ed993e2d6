/** Manifest of a model, the file beside its ONNX file: `models/<name>/manifest.json`. */
import * as z from 'zod';
import { WhylightError } from '../errors.ts';
import { openPreprocessingSchema } from '../image/preprocess.ts';
import { parseJson } from '../json.ts';
import { safeParse } from '../safe-parse.ts';
import { profileSchema } from './profile-schema.ts';

export const manifestSchema = z
  .strictObject({
    $schema: z.string().optional().describe('JSON Schema of this file, for editors.'),
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'letters, digits, dot, dash and underscore')
      .describe('Name of the model in paths and answers.'),
    version: z.string().min(1).default('1').describe('Version in paths and answers.'),
    file: z.string().min(1).default('model.onnx').describe('The ONNX file, relative to this file.'),
    external: z
      .array(z.string().min(1))
      .default([])
      .describe('Files with constants that the ONNX file refers to (external data), relative to this file.'),
    description: z.string().default('').describe('What the model tells apart, in a sentence.'),
    preprocessing: openPreprocessingSchema
      .optional()
      .describe('From an image to the input tensor; absent for models of other data.'),
    modalities: z
      .record(z.string(), z.record(z.string(), z.unknown()))
      .optional()
      .describe(
        'What modalities must know about the model, by their id; each checks its own entry: { "audio": { ... } }.',
      ),
    output: z.string().optional().describe('The output that is explained; the first one when left out.'),
    task: z
      .string()
      .regex(/^[a-z][a-z0-9_]*$/, 'a task such as classification, regression or object_detection')
      .optional()
      .describe('Question that the output answers; found from the file and what lies beside it when left out.'),
    class_axis: z.int().min(0).max(8).optional().describe('Axis of the output, batch included, that counts classes.'),
    hold: z.array(z.string().min(1)).optional().describe('Inputs that are fed as they are given and never explained.'),
    inputs: z
      .record(
        z.string(),
        z.strictObject({
          modality: z
            .string()
            .min(1)
            .optional()
            .describe('Kind of data: image, text, tabular, series, audio or tensor.'),
          layout: z
            .string()
            .regex(/^[A-Z]{1,8}$/, 'one letter for each axis, such as NCHW or NTC')
            .optional()
            .describe('One letter for each axis: N rows, C channels, H height, W width, T time, F features.'),
          batch_axis: z
            .union([z.int().min(0).max(8), z.null()])
            .optional()
            .describe('Axis that counts rows; null for an input without rows.'),
          role: z
            .enum(['explained', 'fixed', 'state'])
            .optional()
            .describe('explained: perturbed and attributed; fixed and state: fed as given.'),
        }),
      )
      .optional()
      .describe('Corrections of what is found about single inputs, by name.'),
    labels: z
      .union([z.array(z.string()).min(1), z.string().min(1)])
      .optional()
      .describe(
        'Class names in order, or a file that holds them (a JSON list, or one a line). Synonyms are separated by commas.',
      ),
    label_offset: z
      .int()
      .min(0)
      .default(0)
      .describe('Class k of the labels is output k + label_offset: 1 for models with a background class in front.'),
    concepts: z
      .record(
        z.string().min(1),
        z.strictObject({
          layer: z.string().min(1).describe('Tensor whose channels the numbers are for.'),
          vector: z.array(z.number()).min(1).max(16_384).describe('One number for each channel.'),
        }),
      )
      .optional()
      .describe('Concept activation vectors by name, which the method tcav takes.'),
    license: z.string().optional().describe('SPDX identifier of the licence of the weights.'),
    source: z.string().optional().describe('Where the model comes from.'),
    downloadable: z
      .boolean()
      .default(false)
      .describe('Whether who may use the model may also have its file: to run it in a browser, for one.'),
    accuracy: z
      .strictObject({
        top1: z.number().min(0).max(1).optional().describe('Share of right first answers.'),
        top5: z.number().min(0).max(1).optional().describe('Share of right answers among the first five.'),
        dataset: z.string().describe('What it was measured on, and how.'),
      })
      .optional()
      .describe('Measured accuracy.'),
    profile: z
      .record(z.string(), profileSchema)
      .optional()
      .describe('How long a row takes, by name of the engine; "whylight calibrate" writes it.'),
  })
  .describe('Manifest of a whylight model.');

/** Manifest of a model (`manifest.json`) after defaults: its name, files, preprocessing and labels. */
export type Manifest = z.output<typeof manifestSchema>;

/**
 * A manifest from its text, or from the parsed object.
 * @param where the file, for messages
 * @throws WhylightError `invalid_config` with every entry that is wrong.
 */
export function parseManifest(source: string | object, where = 'manifest.json'): Manifest {
  const result = safeParse(manifestSchema, typeof source === 'string' ? parseJson(source, where) : source);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message }) => ({ entry: path.join('.'), message }));
  const text = issues.map(({ entry, message }) => (entry ? `"${entry}": ${message}` : message)).join('; ');
  throw new WhylightError('invalid_config', `${where} is not a model manifest: ${text}.`, { file: where, issues });
}

/**
 * Class names from the text of a file: one name a line, where an empty line keeps the place of a class without a name, a JSON list of names, or a JSON object of names by number,
 * such as `id2label` or `{ "0": ["n01440764", "tench"] }`.
 * @throws WhylightError `invalid_config`
 */
export function parseLabels(text: string, where: string): string[] {
  const start = text.trimStart()[0];
  if (start !== '[' && start !== '{') {
    const lines = text.trim() === '' ? [] : text.trimEnd().split(/\r?\n/);
    return lines.map((line, number) => line.trim() || `(no class ${number})`);
  }
  const names = namesOf(parseJson(text, where));
  if (names) return names;
  throw new WhylightError(
    'invalid_config',
    `${where} must hold one class name a line, a JSON list of names, or a JSON object of names by number: { "0": "cat", "1": "dog" }.`,
    { file: where },
  );
}

const namesSchema = z.array(z.string());
const numberedSchema = z.record(
  z.string().regex(/^\d+$/),
  z.union([
    z.string(),
    z
      .array(z.string())
      .min(1)
      .transform((names) => names.at(-1) as string),
  ]),
);

/** Names in the order of their numbers; undefined where the content has none, or a number is missing. */
function namesOf(content: unknown): string[] | undefined {
  const list = namesSchema.safeParse(content);
  if (list.success) return list.data;
  const numbered = numberedSchema.safeParse(content);
  if (!numbered.success) return undefined;
  const names = Object.keys(numbered.data).map((_, i) => numbered.data[i]);
  return names.every((name) => name !== undefined) ? names : undefined;
}
