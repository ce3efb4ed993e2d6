/** Methods that the command line loads at run time: those of `--plugin`, and of the folder where it is called. */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { type Config, configSchema, METHOD_FAMILIES } from '../config/plugins-config.ts';
import { WhylightError } from '../core/errors.ts';
import { parseJson } from '../core/json.ts';
import type { Method } from '../core/method/contract.ts';
import { checkMethod } from '../core/method/define.ts';
import { MethodRegistry, type PluginEntry } from '../core/method/registry.ts';
import { safeParse } from '../core/safe-parse.ts';
import { isolate } from '../node/isolation/load-isolated.ts';
import { CONFIG, loadModule } from '../node/load-component.ts';
import { packageEntry } from '../node/package-entry.ts';
import { buildOf } from '../node/plugin-build.ts';
import { readBuild } from './deployment-files.ts';

/** Content of a build. */
export interface BuiltIn {
  readonly plugins: readonly PluginEntry[];
  /** File or package of each plugin. */
  readonly used: readonly string[];
  /** Folder of each model, relative to `root`. */
  readonly models: Readonly<Record<string, string>>;
  /** Folder of the project. */
  readonly root: string;
}

/** Method of a configuration, with the file or package that it comes from. */
export interface ConfiguredMethod {
  readonly use: string;
  /** Id that the method is served under, where it is not its own. */
  readonly as?: string | undefined;
  /** True for a method in an isolate of its own; one that comes with whylight has none. */
  readonly isolated: boolean;
  readonly entry: PluginEntry;
}

/** Configuration of a folder that is no clone of the project. */
export interface Deployment {
  readonly config: Config;
  readonly methods: readonly ConfiguredMethod[];
}

/** Methods and models that commands work with. */
export interface Available extends Pick<BuiltIn, 'plugins' | 'models'> {
  /** Ids of methods that were loaded now and are in no build. */
  readonly notBuilt: ReadonlySet<string>;
  /** Entries of the configuration that cannot be used, each with its remedy. */
  readonly problems: readonly string[];
  /** Configuration of the folder; undefined in the project's own folder, and in one without. */
  readonly deployment?: Deployment;
}

let files: readonly string[] = [];

/** States the files and packages of `--plugin`; before the first command is loaded. */
export const usePlugins = (paths: readonly string[]): void => {
  files = paths;
};

/**
 * Collects the methods and models of this call. In the project's folder the built methods are taken, with those of
 * plugins.config.json that are not built yet; in another folder with a plugins.config.json, the methods that it names;
 * anywhere else, the built ones. The methods of `--plugin` are added, and replace those of the same id.
 * @throws WhylightError `invalid_config` for a file of `--plugin` that cannot be loaded
 */
export async function availableIn(folder: string, built: BuiltIn): Promise<Available> {
  const { config, problems } = readConfig(folder);
  const inProject = realpathSync(folder) === realpathSync(built.root);
  const methods = config ? await ofConfig({ folder, built, inProject, problems }, config) : [];
  const own = methods.map(({ entry }) => entry);
  const named = await Promise.all(files.map((file) => ofFlag(folder, file)));
  const base = inProject || own.length === 0 ? built.plugins : [];
  const byId = new Map([...base, ...own, ...named].map((entry) => [entry.method.id, entry]));
  const builds = inProject ? {} : readBuild(folder);
  return {
    plugins: [...byId.values()],
    models: inProject || !config ? built.models : modelsOf(folder, config, built),
    notBuilt: new Set(
      [...own, ...named]
        .filter(({ method, build }) => build === undefined || builds[method.id] !== build)
        .map(({ method }) => method.id),
    ),
    problems,
    ...(config && !inProject && { deployment: { config, methods } }),
  };
}

function readConfig(folder: string): { config?: Config; problems: string[] } {
  const path = join(folder, CONFIG);
  if (!existsSync(path)) return { problems: [] };
  try {
    const result = safeParse(configSchema, parseJson(readFileSync(path, 'utf8'), CONFIG));
    if (result.success) return { config: result.data, problems: [] };
    const [issue] = result.error.issues;
    return { problems: [`${CONFIG}, ${issue?.path.join('.')}: ${issue?.message}`] };
  } catch (error) {
    if (!WhylightError.is(error)) throw error;
    return { problems: [error.message] };
  }
}

interface Place {
  readonly folder: string;
  readonly built: BuiltIn;
  readonly inProject: boolean;
  readonly problems: string[];
}

/** The entries of a configuration that a build does not have. One that fails is a problem, and hides no other. */
async function ofConfig(
  { folder, built, inProject, problems }: Place,
  { plugins, exclude }: Config,
): Promise<ConfiguredMethod[]> {
  const excluded = new Set(exclude.flatMap((name) => METHOD_FAMILIES[name] ?? [name]));
  const loaded: ConfiguredMethod[] = [];
  for (const [i, { use, version: _, as, isolated, ...rules }] of plugins.entries()) {
    if (inProject && built.used.includes(use)) continue;
    try {
      const found = packaged(use, built) ?? (await entryOf(folder, use, `plugins[${i}]`, isolated));
      const entry = { ...renamed(found, as), ...rules, ...(rules.files && { files: absolute(folder, rules.files) }) };
      new MethodRegistry([entry]);
      if (!excluded.has(entry.method.id))
        loaded.push({ use, as, isolated: isolated === true && packaged(use, built) === undefined, entry });
    } catch (error) {
      if (!WhylightError.is(error)) throw error;
      problems.push(error.message);
    }
  }
  return loaded;
}

/** Paths of files from anywhere. */
const absolute = (folder: string, files: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([name, path]) => [name, resolve(folder, path)]));

/** Method of the package: `whylight/methods/gradient/saliency`, without loading it a second time. */
function packaged(use: string, { used, plugins }: BuiltIn): PluginEntry | undefined {
  if (!use.startsWith(PACKAGED)) return undefined;
  const entry = plugins[used.indexOf(`./src/plugins/${use.slice(PACKAGED.length)}.ts`)];
  return entry && { method: entry.method, ...(entry.build !== undefined && { build: entry.build }) };
}

const PACKAGED = 'whylight/methods/';

/** Names of the methods of the package, as a configuration elsewhere names them. */
export const packagedMethods = ({ used }: Pick<BuiltIn, 'used'>): string[] =>
  used.flatMap((path) => {
    const [, name] = /^\.\/src\/plugins\/(.*)\.ts$/.exec(path) ?? [];
    return name === undefined ? [] : [`${PACKAGED}${name}`];
  });

const ofFlag = (folder: string, file: string): Promise<PluginEntry> =>
  entryOf(folder, componentPath(folder, file), '--plugin');

/**
 * Spells a component of the command line as a configuration does: files begin with `./`, also where that was left out,
 * and the folder of a package stands for the file that it is imported by.
 */
export function componentPath(folder: string, file: string): string {
  const path = resolve(folder, file);
  if (!/^[./]/.test(file) && !existsSync(path)) return file;
  return `./${relative(folder, packageEntry(path) ?? path)}`;
}

async function entryOf(folder: string, use: string, place: string, isolated = false): Promise<PluginEntry> {
  const method = isolated ? await isolate(use, folder) : (await loadModule(folder, use, place)).default;
  checkMethod(method);
  const build = await buildOf(folder, use);
  return { method, ...(build !== undefined && { build }) };
}

const renamed = (entry: PluginEntry, as: string | undefined): PluginEntry =>
  as === undefined ? entry : { ...entry, method: Object.freeze({ ...entry.method, id: as }) as Method };

const modelsOf = (folder: string, { models }: Config, { root, models: embedded }: BuiltIn): Record<string, string> => ({
  ...embedded,
  ...Object.fromEntries(Object.entries(models).map(([name, path]) => [name, relative(root, resolve(folder, path))])),
});
