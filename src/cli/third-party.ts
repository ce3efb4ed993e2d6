/** Methods that the command line loads at run time: those of `--plugin`, and of the folder where it is called. */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { type Config, configSchema, METHOD_FAMILIES } from '../config/plugins-config.ts';
import { WhylightError } from '../core/errors.ts';
import { parseJson } from '../core/json.ts';
import { checkMethod } from '../core/method/define.ts';
import { MethodRegistry, type PluginEntry } from '../core/method/registry.ts';
import { CONFIG, loadModule } from '../node/load-component.ts';
import { buildOf } from '../node/plugin-build.ts';

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

/** Methods and models that commands work with. */
export interface Available extends Pick<BuiltIn, 'plugins' | 'models'> {
  /** Ids of methods that were loaded now and are in no build. */
  readonly notBuilt: ReadonlySet<string>;
  /** Entries of the configuration that cannot be used, each with its remedy. */
  readonly problems: readonly string[];
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
  const own = config ? await ofConfig(folder, config, inProject ? built : undefined, problems) : [];
  const named = await Promise.all(files.map((file) => ofFlag(folder, file)));
  const base = inProject || own.length === 0 ? built.plugins : [];
  const byId = new Map([...base, ...own, ...named].map((entry) => [entry.method.id, entry]));
  return {
    plugins: [...byId.values()],
    models: inProject || !config ? built.models : { ...built.models, ...modelsOf(folder, config, built.root) },
    notBuilt: new Set([...own, ...named].map(({ method }) => method.id)),
    problems,
  };
}

function readConfig(folder: string): { config?: Config; problems: string[] } {
  const path = join(folder, CONFIG);
  if (!existsSync(path)) return { problems: [] };
  try {
    const result = configSchema.safeParse(parseJson(readFileSync(path, 'utf8'), CONFIG));
    if (result.success) return { config: result.data, problems: [] };
    const [issue] = result.error.issues;
    return { problems: [`${CONFIG}, ${issue?.path.join('.')}: ${issue?.message}`] };
  } catch (error) {
    if (!WhylightError.is(error)) throw error;
    return { problems: [error.message] };
  }
}

/** The entries of a configuration that a build does not have. One that fails is a problem, and hides no other. */
async function ofConfig(
  folder: string,
  { plugins, exclude }: Config,
  built: BuiltIn | undefined,
  problems: string[],
): Promise<PluginEntry[]> {
  const excluded = new Set(exclude.flatMap((name) => METHOD_FAMILIES[name] ?? [name]));
  const loaded: PluginEntry[] = [];
  for (const [i, { use, version: _, as, ...rules }] of plugins.entries()) {
    if (built?.used.includes(use)) continue;
    try {
      const entry = { ...(await entryOf(folder, use, `plugins[${i}]`, as)), ...rules };
      new MethodRegistry([entry]);
      if (!excluded.has(entry.method.id)) loaded.push(entry);
    } catch (error) {
      if (!WhylightError.is(error)) throw error;
      problems.push(error.message);
    }
  }
  return loaded;
}

/** A path may be written without `./` where there is such a file. */
function ofFlag(folder: string, file: string): Promise<PluginEntry> {
  const isFile = /^[./]/.test(file) || existsSync(resolve(folder, file));
  const use = isFile ? `./${relative(folder, resolve(folder, file))}` : file;
  return entryOf(folder, use, '--plugin');
}

async function entryOf(folder: string, use: string, place: string, as?: string): Promise<PluginEntry> {
  const { default: method } = await loadModule(folder, use, place);
  checkMethod(method);
  const build = await buildOf(folder, use);
  return {
    method: as === undefined ? method : Object.freeze({ ...method, id: as }),
    ...(build !== undefined && { build }),
  };
}

const modelsOf = (folder: string, { models }: Config, root: string): Record<string, string> =>
  Object.fromEntries(Object.entries(models).map(([name, path]) => [name, relative(root, resolve(folder, path))]));
