/**
 * plugins.config.json -> generated/plugins.ts, imported as `#plugins`: a Worker cannot import by a name that it computes,
 * so what is configured is imported statically. Everything that can be wrong with the file is found here, at build time.
 * `--check` writes nothing and fails when a generated file is outdated.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { satisfies, validRange } from 'semver';
import * as z from 'zod';
import { checkTenant } from '../src/config/check-tenant.ts';
import { type Config, configSchema } from '../src/config/plugins-config.ts';
import { nearest, WhylightError } from '../src/core/errors.ts';
import { parseJson } from '../src/core/json.ts';
import type { Method } from '../src/core/method/contract.ts';
import { checkMethod } from '../src/core/method/define.ts';
import { MethodRegistry, type PluginEntry } from '../src/core/method/registry.ts';
import { manifestSchema, parseManifest } from '../src/core/model/manifest.ts';

const CONFIG = 'plugins.config.json';
const FOLDER = 'generated';

export interface GeneratedFile {
  /** Relative to the project's folder. */
  readonly path: string;
  readonly text: string;
}

/**
 * What belongs into `generated/` for the configuration in this folder.
 * @throws WhylightError `invalid_config` whose message names the file, the entry and the fix.
 */
export async function generate(root: string): Promise<GeneratedFile[]> {
  const config = await readConfig(root);
  const methods: Method[] = [];
  for (const [i, { use, version }] of config.plugins.entries()) {
    const method = await loadPlugin(root, { use, version }, `plugins[${i}]`);
    const same = methods.findIndex(({ id }) => id === method.id);
    if (same >= 0) {
      throw wrong(
        `plugins[${i}]`,
        `"${use}" has the id "${method.id}", and so has plugins[${same}] "${config.plugins[same]?.use}": remove one of them.`,
      );
    }
    methods.push(method);
  }
  const entries = config.plugins.map(
    ({ use: _, ...rules }, i): PluginEntry => ({ method: methods[i] as Method, ...rules }),
  );
  for (const [i, entry] of entries.entries()) at(`plugins[${i}]`, () => new MethodRegistry([entry]));
  await checkModels(root, config);
  checkTenants(config, entries);
  return [
    { path: `${FOLDER}/plugins.ts`, text: moduleText(config, methods) },
    { path: `${FOLDER}/public-plugins.ts`, text: publicModuleText(config, methods) },
    { path: `${FOLDER}/plugins.config.schema.json`, text: schemaText(configSchema) },
    { path: `${FOLDER}/manifest.schema.json`, text: schemaText(manifestSchema) },
  ];
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

async function loadPlugin(
  root: string,
  { use, version }: Pick<Config['plugins'][number], 'use' | 'version'>,
  entry: string,
): Promise<Method> {
  if (version !== undefined) await checkVersion(root, use, version, entry);
  const module = use.startsWith('.') ? await loadFile(root, use, entry) : await loadPackage(root, use, entry);
  return at(entry, () => {
    const method: unknown = module.default;
    checkMethod(method);
    return method;
  });
}

/** Before it is loaded: a version that does not fit may fail in ways that say less. */
async function checkVersion(root: string, use: string, range: string, entry: string): Promise<void> {
  if (use.startsWith('.')) throw wrong(`${entry}.version`, 'a file has no version: leave it out.');
  if (validRange(range) === null)
    throw wrong(`${entry}.version`, `"${range}" is no range of versions: write it as npm does, such as "^1.2.0".`);
  const text = await readFile(join(root, 'node_modules', use, 'package.json'), 'utf8').catch(() => undefined);
  // What is not installed is said by the attempt to load it.
  if (text === undefined) return;
  const { version } = parseJson(text, `node_modules/${use}/package.json`) as { version?: string };
  if (version !== undefined && satisfies(version, range)) return;
  throw wrong(
    entry,
    `"${use}" is installed in version ${version ?? 'unknown'}, but ${range} is asked for: run "npm install ${use}@${range}", or change the range.`,
  );
}

type Module = Readonly<Record<string, unknown>>;

async function loadFile(root: string, use: string, entry: string): Promise<Module> {
  const path = resolve(root, use);
  if (!existsSync(path)) {
    const folder = dirname(path);
    const files = existsSync(folder) ? await readdir(folder) : [];
    const close = nearest(
      use,
      files.map((file) => `./${relative(root, join(folder, file))}`),
    );
    throw wrong(
      entry,
      `there is no file "${use}". ${close.length > 0 ? `Did you mean "${close[0]}"?` : 'Give its path from here, starting with "./".'}`,
    );
  }
  return load(pathToFileURL(path).href, use, entry);
}

/** A package is resolved from the folder of the generated file, as it will be later; so a file there has to ask for it. */
async function loadPackage(root: string, use: string, entry: string): Promise<Module> {
  const probe = join(root, FOLDER, `probe-${process.pid}-${use.replace(/\W/g, '_')}.mjs`);
  await mkdir(dirname(probe), { recursive: true });
  await writeFile(probe, `export { default } from ${JSON.stringify(use)};\n`);
  try {
    return await load(pathToFileURL(probe).href, use, entry);
  } finally {
    await rm(probe);
  }
}

async function load(url: string, use: string, entry: string): Promise<Module> {
  try {
    return await import(url);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_MODULE_NOT_FOUND' && message.includes(`'${use}'`)) {
      throw wrong(
        entry,
        `the package "${use}" is not installed: run "npm install ${use}", or start a file's path with "./".`,
      );
    }
    const reason = WhylightError.is(error) || error instanceof Error ? message : String(error);
    throw wrong(entry, `"${use}" cannot be loaded: ${reason}`);
  }
}

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

function pluginsText(plugins: Config['plugins'], methods: readonly Method[]): string {
  const imports = plugins.map(({ use }, i) => {
    const path = use.startsWith('.') ? `../${relative('.', use).replaceAll('\\', '/')}` : use;
    return `import ${methods[i]?.id} from ${JSON.stringify(path)};`;
  });
  const entries = plugins.map(({ use: _, version: __, ...rules }, i) => {
    const members = Object.entries(rules).filter(([, value]) => value !== undefined);
    return `  { ${[`method: ${methods[i]?.id}`, ...members.map(([name, value]) => `${name}: ${JSON.stringify(value)}`)].join(', ')} },`;
  });
  return `import type { PluginEntry } from '../src/core/method/registry.ts';
${imports.join('\n')}

/** The methods that are built in. */
export const plugins: readonly PluginEntry[] = [
${entries.join('\n')}
];
`;
}

/** For pages that anybody may open: no method that only some tenants may know of, and nothing of tenants and models. */
function publicModuleText({ plugins }: Config, methods: readonly Method[]): string {
  const listed = [...plugins.keys()].filter((i) => plugins[i]?.unlisted !== true);
  return `// Written by scripts/generate-plugins.ts from ${CONFIG}. Do not edit.
${pluginsText(
  listed.map((i) => plugins[i] as Config['plugins'][number]),
  listed.map((i) => methods[i] as Method),
)}`;
}

function moduleText({ plugins, models, tenants }: Config, methods: readonly Method[]): string {
  return `// Written by scripts/generate-plugins.ts from ${CONFIG}. Do not edit.
import type { TenantConfig } from '../src/config/tenant-policy.ts';
${pluginsText(plugins, methods)}
/** All of them were held against the contract before this was written. */
export const checked = true;

/** Folder of each model, from the project's folder. */
export const models: Readonly<Record<string, string>> = ${JSON.stringify(models, undefined, 2)};

/** Tenants by name; "*" is everybody without a key. */
export const tenants: Readonly<Record<string, TenantConfig>> = ${JSON.stringify(tenants, undefined, 2)};
`;
}

const schemaText = (schema: z.ZodType): string =>
  `${JSON.stringify(z.toJSONSchema(schema, { io: 'input' }), undefined, 2)}\n`;

const wrong = (entry: string, problem: string): WhylightError =>
  new WhylightError('invalid_config', `${CONFIG}, ${entry}: ${problem}`, { file: CONFIG, entry });

/** Says where in the file an error comes from. */
function at<T>(entry: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw WhylightError.is(error) ? wrong(entry, error.message) : error;
  }
}

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
}

if (import.meta.main) {
  await main().catch((error: unknown) => {
    console.error(WhylightError.is(error) ? error.message : error);
    process.exitCode = 1;
  });
}
