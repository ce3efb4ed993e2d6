/** plugins.config.json: which methods are built in, which models there are, and what each tenant may use. */
import { z } from 'zod';

const parameterRules = {
  defaults: z
    .record(z.string(), z.json())
    .optional()
    .describe("Parameter values that take the place of the method's own defaults."),
  limits: z
    .record(z.string(), z.number())
    .optional()
    .describe('The largest value of a numeric parameter that is allowed.'),
};

export const pluginConfigSchema = z
  .strictObject({
    use: z.string().min(1).describe('A file (./src/plugins/...) or an npm package whose default export is a method.'),
    ...parameterRules,
  })
  .describe('A saliency method.');

const everything = (what: string) =>
  z
    .union([z.literal('*'), z.array(z.string().min(1))])
    .default('*')
    .describe(`${what} that the tenant may use: a list, or "*" for all.`);

export const tenantConfigSchema = z
  .strictObject({
    description: z.string().optional().describe('Who this is.'),
    methods: everything('Methods, by id,'),
    models: everything('Models, by name,'),
    keys: z
      .array(z.string().regex(/^[0-9a-f]{64}$/, 'the SHA-256 of a key, as 64 hexadecimal digits'))
      .default([])
      .describe('SHA-256 of each API key, in hexadecimal. The keys themselves are kept nowhere.'),
    parameters: z
      .record(z.string(), z.strictObject(parameterRules))
      .default({})
      .describe('Defaults and limits of parameters, by method id; they add to those of the plugin.'),
    max_samples: z.int().min(1).optional().describe('The most rows that one request may evaluate.'),
  })
  .describe('A tenant. The one named "*" is everybody without a key.');

export const configSchema = z
  .strictObject({
    $schema: z.string().optional().describe('JSON Schema of this file, for editors.'),
    plugins: z.array(pluginConfigSchema).min(1).describe('The methods that are built in.'),
    models: z
      .record(z.string(), z.string().min(1))
      .default({})
      .describe('Folder of each model, by name; it holds a manifest.json.'),
    tenants: z
      .record(z.string().min(1), tenantConfigSchema)
      .default({ '*': tenantConfigSchema.parse({}) })
      .describe('Tenants, by name.'),
  })
  .describe('Plugins, models and tenants of whylight.');

export type Config = z.output<typeof configSchema>;
export type TenantConfig = z.output<typeof tenantConfigSchema>;
