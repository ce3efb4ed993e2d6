/** Schema of plugins.config.json: built-in methods, models and tenants. */
import * as z from 'zod';
import { IMAGE_FORMATS } from '../core/image/formats.ts';
import { parameterRules, TENANT_ID, tenantConfigSchema } from './tenant-policy.ts';

const METHOD_ID = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;

export const pluginConfigSchema = z
  .strictObject({
    use: z.string().min(1).describe('A file (./src/plugins/...) or an npm package whose default export is a method.'),
    version: z
      .string()
      .min(1)
      .optional()
      .describe('Versions of the package that will do, as npm writes ranges: "^1.2.0". Not for files.'),
    as: z
      .string()
      .regex(METHOD_ID, 'an id of a-z, 0-9 and _')
      .optional()
      .describe('Id to serve the method by in place of its own, so that two versions of it can stand side by side.'),
    unlisted: z
      .boolean()
      .optional()
      .describe('Known only to tenants that name the method: "*" does not stand for it, and others do not see it.'),
    isolated: z
      .boolean()
      .optional()
      .describe('Runs the method in an isolate of its own: a worker thread in Node, a dynamic Worker at Cloudflare.'),
    files: z
      .record(z.string(), z.string().min(1))
      .optional()
      .describe(
        'Files that the method loads at start, by the names that it documents: paths from the folder of this file.',
      ),
    ...parameterRules,
  })
  .describe('A saliency method.');

/** A modality, a task or a metric, by the file or package that exports it. */
const componentSchema = pluginConfigSchema.pick({ use: true, version: true });

const imageFormat = z.enum(IMAGE_FORMATS, {
  error: ({ input }) =>
    `there is no image format ${JSON.stringify(input)}: name those that are to be decoded, of ${IMAGE_FORMATS.map((format) => `"${format}"`).join(', ')}`,
});

/** Methods by the name of their family, for `exclude`. */
export const METHOD_FAMILIES: Readonly<Record<string, readonly string[]>> = { lrp: ['lrp', 'attn_lrp'] };

export const configSchema = z
  .strictObject({
    $schema: z.string().optional().describe('JSON Schema of this file, for editors.'),
    plugins: z.array(pluginConfigSchema).min(1).describe('The methods that are built in.'),
    modalities: z
      .array(componentSchema)
      .default([])
      .describe('Kinds of data beside images; none when left out, so that a bundle for images holds no others.'),
    codecs: z
      .array(imageFormat)
      .default([...IMAGE_FORMATS])
      .describe(
        'Formats of images that the Worker decodes; the decoders of others are not in its build. Answers are encoded as PNG in any case.',
      ),
    tasks: z
      .array(componentSchema)
      .min(1)
      .optional()
      .describe('Kinds of answers, the first of equals preferred; those that come with whylight when left out.'),
    metrics: z
      .array(componentSchema)
      .default([])
      .describe('Metrics of explanations beside those that come with whylight.'),
    exclude: z
      .array(z.string().min(1))
      .default([])
      .describe('Ids or families of methods that are left out of the build, although plugins lists them: ["lrp"].'),
    compiled: z
      .array(z.string().min(1))
      .default([])
      .describe(
        'Ids of the methods whose graphs are compiled with the static assets for every model, so that the first answer of an isolate needs no compiler: those that are asked for most. A Worker loads them when it starts, and the others when they are first asked for.',
      ),
    models: z
      .record(z.string(), z.string().min(1))
      .default({})
      .describe('Folder of each model, by name; it holds a manifest.json.'),
    tenants: z
      .record(z.string().regex(TENANT_ID, 'a name of a-z, 0-9, _ and -, or "*"'), tenantConfigSchema)
      .default({ '*': tenantConfigSchema.parse({}) })
      .describe('Tenants, by name.'),
  })
  .describe('Plugins, models and tenants of whylight.');

export type Config = z.output<typeof configSchema>;
