/** Texts of the methods of the Worker: those of `compiled`, which are asked for most, are loaded with it. */
import type { Config } from '../../src/config/plugins-config.ts';
import type { Method } from '../../src/core/method/contract.ts';
import * as texts from '../../src/node/lazy-methods-text.ts';
import { CONFIG } from '../../src/node/load-component.ts';
import { type BuiltIn, specifier } from './entry-text.ts';

const settingsOf = ({ compiled }: Config): texts.MethodTexts => ({
  atStart: compiled,
  extension: 'ts',
  specifier: (use, depth) => specifier(use, depth === 0 ? '..' : '../..'),
  note: `Written by scripts/generate-plugins.ts from ${CONFIG}. Do not edit.`,
});

const listed = (
  { plugins }: Config,
  { methods, builds, isolated }: Pick<BuiltIn, 'methods' | 'isolated'> & Partial<Pick<BuiltIn, 'builds'>>,
): texts.ListedMethod[] =>
  plugins.map(({ use, version: _, as, isolated: __, ...rules }, i) => {
    const method = methods[i] as Method;
    return { use, as, method, rules: { ...rules, build: builds?.[i] }, isolated: isolated.get(method.id)?.build };
  });

/** Writes the entries of the methods, and their imports. */
export function lazyPluginsText(config: Config, built: BuiltIn): string {
  const { imports, loaders, entries } = texts.methodsText(listed(config, built), settingsOf(config));
  if (built.isolated.size > 0) imports.unshift("import { isolatedIn } from '#isolation';");
  if (entries.some((line) => line.includes('...lazyMethods(')))
    imports.unshift("import { lazyMethods } from '../src/core/method/lazy-methods.ts';");
  return `import type { LazyPluginEntry, PluginEntry } from '../src/core/method/registry.ts';
${imports.join('\n')}

${loaders.join('\n')}

/** The methods that are built in. */
export const plugins: readonly (PluginEntry | LazyPluginEntry)[] = [
${entries.join('\n')}
];
`;
}

/** Writes a module for each strategy, with its methods that are not loaded with the Worker. */
export const methodModules = (
  config: Config,
  built: Pick<BuiltIn, 'methods' | 'isolated'>,
): ReturnType<typeof texts.methodModules> => texts.methodModules(listed(config, built), settingsOf(config));
