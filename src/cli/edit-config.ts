/** Changes of plugins.config.json: entries added and taken out. */
import { readFile, writeFile } from 'node:fs/promises';
import { nearest, WhylightError } from '../core/errors.ts';
import { parseJson } from '../core/json.ts';
import { CONFIG } from '../node/load-component.ts';
import { UsageError } from './arguments.ts';
import { configText } from './config-text.ts';

/** Entry of the list of methods. */
export interface MethodUse {
  readonly use: string;
  readonly as?: string;
}

interface Configuration {
  readonly plugins?: readonly MethodUse[];
}

/** @throws WhylightError `invalid_config` in a folder without a configuration */
async function readConfiguration(): Promise<Configuration> {
  const text = await readFile(CONFIG, 'utf8').catch(() => {
    throw new WhylightError(
      'invalid_config',
      `There is no ${CONFIG} here: run this in the folder of a deployment, which "whylight init" makes.`,
    );
  });
  return parseJson(text, CONFIG) as Configuration;
}

/**
 * Adds a method at the end of the list.
 * @throws UsageError for a file or package that is listed already; WhylightError `invalid_config`
 */
export async function addMethod(use: string): Promise<void> {
  const config = await readConfiguration();
  const { plugins = [] } = config;
  if (plugins.some((entry) => entry.use === use)) throw new UsageError(`${CONFIG} has "${use}" already.`);
  await writeFile(CONFIG, configText({ ...config, plugins: [...plugins, { use }] }));
}

/**
 * Takes a method out of the list.
 * @param name file, package or id under which it is served
 * @param usesOf finds the files and packages of an id
 * @returns the file or package
 * @throws UsageError for a name that is not listed; WhylightError `invalid_config`
 */
export async function removeMethod(name: string, usesOf: (id: string) => readonly string[]): Promise<string> {
  const config = await readConfiguration();
  const { plugins = [] } = config;
  const uses = usesOf(name);
  const found = plugins.find(({ use, as }) => use === name || as === name || (as === undefined && uses.includes(use)));
  if (!found) {
    const close = nearest(
      name,
      plugins.map(({ use }) => use),
    );
    const hint = close.length > 0 ? ` Did you mean "${close[0]}"?` : '';
    throw new UsageError(`${CONFIG} has no "${name}".${hint}`);
  }
  if (plugins.length === 1) throw new UsageError(`"${found.use}" is the only method: a configuration needs one.`);
  await writeFile(CONFIG, configText({ ...config, plugins: plugins.filter((entry) => entry !== found) }));
  return found.use;
}
