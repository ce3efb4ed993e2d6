/**
 * plugins.config.json -> generated/plugins.ts, imported as `#plugins`: a Worker cannot import by a name that it computes,
 * so what is configured is imported statically. Everything that can be wrong with the file is found here, at build time.
 * `--check` writes nothing and fails when a generated file is outdated.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { checkTenant } from '../src/config/check-tenant.ts';
import { type Config, configSchema, METHOD_FAMILIES } from '../src/config/plugins-config.ts';
import { nearest, WhylightError } from '../src/core/errors.ts';
import { describeMethod } from '../src/core/isolation/describe.ts';
import { parseJson } from '../src/core/json.ts';
import type { Method } from '../src/core/method/contract.ts';
import { checkMethod } from '../src/core/method/define.ts';
import { MethodRegistry, type PluginEntry } from '../src/core/method/registry.ts';
import { checkMetric, withMetrics } from '../src/core/metrics/check.ts';
import { metrics as builtinMetrics } from '../src/core/metrics/index.ts';
import type { Metric } from '../src/core/metrics/metric.ts';
import { checkModality } from '../src/core/modality/check.ts';
import type { Modality } from '../src/core/modality/modality.ts';
import { manifestSchema, parseManifest } from '../src/core/model/manifest.ts';
import { checkTask } from '../src/core/task/check.ts';
import type { Task } from '../src/core/task/task.ts';
import { bundleMethod } from '../src/node/isolation/bundle-method.ts';
import { at, CONFIG, wrong } from '../src/node/load-component.ts';
import { buildOf, compilerBuild, readerBuild } from '../src/node/plugin-build.ts';
import { unlistedModels } from '../src/node/unlisted-models.ts';
import { methodModules } from './plugins/lazy-text.ts';
import { FOLDER, loadComponents } from './plugins/load.ts';
import { moduleText, publicModuleText, workerModuleText } from './plugins/text.ts';

export interface GeneratedFile {
  /** Relative to the project's folder. */
  readonly path: string;
  readonly text: string;
}

/**
 * Contents of `generated/` for the configuration in this folder.
 * @throws WhylightError `invalid_config` whose message names the file, the entry and the fix.
 */
export async function generate(root: string): Promise<GeneratedFile[]> {
  const listed = await readConfig(root);
  const loaded = await loadComponents<Method>(root, 'plugins', listed.plugins, checkMethod);
  const { config, methods } = withoutExcluded(listed, loaded);
  const modalities = await loadComponents<Modality>(root, 'modalities', config.modalities, checkModality);
  await loadComponents<Task>(root, 'tasks', config.tasks ?? [], checkTask);
  const metrics = await loadComponents<Metric>(root, 'metrics', config.metrics, checkMetric);
  at('metrics', () => withMetrics(builtinMetrics, metrics));
  const entries = config.plugins.map(
    ({ use: _, version: __, as: ___, isolated: ____, ...rules }, i): PluginEntry => ({
      method: methods[i] as Method,
      ...rules,
    }),
  );
  const isolated = new Map<string, Awaited<ReturnType<typeof bundleMethod>>>();
  for (const [i, { use, isolated: apart }] of config.plugins.entries()) {
    const method = methods[i] as Method;
    if (apart) isolated.set(method.id, await bundleMethod(root, use, describeMethod(method)));
  }
  const builds = await Promise.all(config.plugins.map(({ use }) => buildOf(root, use)));
  const [compiler, reader] = await Promise.all([
    compilerBuild(),
    readerBuild(
      root,
      config.tasks?.map(({ use }) => use),
    ),
  ]);
  for (const [i, entry] of entries.entries()) at(`plugins[${i}]`, () => new MethodRegistry([entry]));
  await checkModels(root, config);
  checkTenants(config, entries);
  const built = { methods, modalities, builds, isolated, compiler, reader };
  return [
    { path: `${FOLDER}/plugins.ts`, text: moduleText(config, built) },
    { path: `${FOLDER}/worker-plugins.ts`, text: workerModuleText(config, built) },
    ...methodModules(config, built).map(({ path, text }) => ({ path: `${FOLDER}/${path}`, text })),
    ...[...isolated.values()].map(({ build, text }) => ({ path: `${FOLDER}/assets/${build.script}`, text })),
    { path: `${FOLDER}/public-plugins.ts`, text: publicModuleText(config, methods) },
    { path: `${FOLDER}/plugins.config.schema.json`, text: schemaText(configSchema) },
    { path: `${FOLDER}/manifest.schema.json`, text: schemaText(manifestSchema) },
  ];
}

/** Leaves out the methods that `exclude` names, by id or by family. */
function withoutExcluded(config: Config, methods: readonly Method[]): { config: Config; methods: Method[] } {
  const ids = new Set(config.exclude.flatMap((name) => METHOD_FAMILIES[name] ?? [name]));
  const known = [...methods.map(({ id }) => id), ...Object.keys(METHOD_FAMILIES)];
  const unknown = config.exclude.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw wrong(
      'exclude',
      `there is no method or family "${unknown}". Did you mean ${nearest(unknown, known)[0] ?? 'lrp'}?`,
    );
  }
  const plugins = config.plugins.filter((_, i) => !ids.has(methods[i]?.id ?? ''));
  return { config: { ...config, plugins }, methods: methods.filter(({ id }) => !ids.has(id)) };
}

async function readConfig(root: string): Promise<Config> {
  const text = await readFile(join(root, CONFIG), 'utf8').catch(() => {
    throw new WhylightError(
      'invalid_config',
      `There is no ${CONFIG} in ${root}: create one with at least one plugin.`,
      { file: CONFIG },
    );
  });
  const result = configSchema.safeParse(parseJson(text, CONFIG));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw wrong(
    entryName(issue?.path ?? []),
    `${issue?.message ?? 'it does not fit the schema'}. See ${FOLDER}/plugins.config.schema.json.`,
  );
}

/** `plugins[0].use`, `tenants.demo.methods`. */
const entryName = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (name, part) => (typeof part === 'number' ? `${name}[${part}]` : `${name}${name ? '.' : ''}${String(part)}`),
    '',
  ) || 'the whole file';

async function checkModels(root: string, { models }: Config): Promise<void> {
  for (const [name, folder] of Object.entries(models)) {
    const path = join(folder, 'manifest.json');
    const text = await readFile(join(root, path), 'utf8').catch(() => {
      throw wrong(`models.${name}`, `there is no ${path}: give the folder of the model's manifest.json.`);
    });
    const manifest = parseManifest(text, path);
    if (manifest.name !== name)
      throw wrong(`models.${name}`, `${path} says that the model is called "${manifest.name}": use the same name.`);
  }
}

function checkTenants({ tenants, models }: Config, entries: readonly PluginEntry[]): void {
  const registry = new MethodRegistry(entries);
  const owners = new Map<string, string>();
  for (const [name, tenant] of Object.entries(tenants)) {
    const [issue] = checkTenant(tenant, registry);
    if (issue) throw wrong(entryName(['tenants', name, ...issue.path]), issue.message);
    for (const model of tenant.models === '*' ? [] : tenant.models) {
      if (model in models) continue;
      throw wrong(
        `tenants.${name}.models`,
        `there is no model "${model}"; there are ${Object.keys(models).join(', ') || 'none'}.`,
      );
    }
    for (const { sha256 } of tenant.keys) {
      const owner = owners.get(sha256);
      if (owner !== undefined) throw wrong(`tenants.${name}.keys`, `${owner} has the same key: make each its own.`);
      owners.set(sha256, name);
    }
  }
}

const schemaText = (schema: z.ZodType): string =>
  `${JSON.stringify(z.toJSONSchema(schema, { io: 'input' }), undefined, 2)}\n`;

async function main(): Promise<void> {
  const root = fileURLToPath(new URL('..', import.meta.url));
  for (const { path, text } of await generate(root)) {
    const present = await readFile(join(root, path), 'utf8').catch(() => undefined);
    if (present === text) continue;
    if (process.argv.includes('--check')) {
      throw new WhylightError('invalid_config', `${path} is outdated: run "npx node scripts/generate-plugins.ts".`, {
        file: path,
      });
    }
    await mkdir(join(root, dirname(path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  for (const note of await unlistedModels(root, (await readConfig(root)).models)) console.error(`note: ${note}`);
}

if (import.meta.main) {
  await main().catch((error: unknown) => {
    console.error(WhylightError.is(error) ? error.message : error);
    // A build that fails would stop `wrangler dev`, which then accepts requests and never answers them.
    if (process.env.WHYLIGHT_KEEP_BUILD === '1' && existsSync(`${FOLDER}/plugins.ts`)) {
      console.error('The build before it is served until this is mended.');
    } else process.exitCode = 1;
  });
}
