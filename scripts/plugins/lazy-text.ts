/** Texts of the methods of a Worker: a few are loaded with it, the others by strategy when one of them is asked for. */
import type { Config } from '../../src/config/plugins-config.ts';
import type { Method } from '../../src/core/method/contract.ts';
import { CONFIG } from '../../src/node/load-component.ts';
import { type BuiltIn, specifier, textOf } from './entry-text.ts';

/** Folder of the modules, within that of the generated files. */
const FOLDER = 'methods';

/**
 * Writes the entries of the methods. Those of `compiled`, which are asked for most, and isolated ones, which are
 * descriptions alone, are imported with the module.
 */
export function lazyPluginsText({ plugins, compiled }: Config, { methods, builds, isolated }: BuiltIn): string {
  const imports: string[] = [];
  const loaders = new Map<string, string>();
  const entries = plugins.map(({ use, version: _, as, isolated: __, ...rules }, i): EntryText => {
    const method = methods[i] as Method;
    const members = Object.entries({ ...rules, build: builds[i] }).filter(([, value]) => value !== undefined);
    const apart = isolated.get(method.id);
    if (apart) return `  { ${textOf({ method: `isolatedIn(${JSON.stringify(apart.build)})` }, members)} },`;
    const named = (value: string): string => (as === undefined ? value : `{ ...${value}, id: ${JSON.stringify(as)} }`);
    if (compiled.includes(method.id)) {
      imports.push(`import ${method.id} from ${specifier(use)};`);
      return `  { ${textOf({ method: named(method.id) }, members)} },`;
    }
    loaders.set(loader(method), `./${FOLDER}/${method.strategy}.ts`);
    if (as === undefined)
      return { id: method.id, begin: `...lazyMethods(${loader(method)}, { ${textOf({}, members)} }, [` };
    const loaded = named(`(await ${loader(method)}()).${method.id}`);
    return `  { ${textOf({ id: JSON.stringify(method.id), load: `async () => (${loaded})` }, members)} },`;
  });
  if (isolated.size > 0) imports.unshift("import { isolatedIn } from '#isolation';");
  if (entries.some((entry) => typeof entry === 'object'))
    imports.unshift("import { lazyMethods } from '../src/core/method/lazy-methods.ts';");
  return `import type { LazyPluginEntry, PluginEntry } from '../src/core/method/registry.ts';
${imports.join('\n')}

${[...loaders].map(([name, path]) => `const ${name} = () => import('${path}');`).join('\n')}

/** The methods that are built in. */
export const plugins: readonly (PluginEntry | LazyPluginEntry)[] = [
${linesOf(entries).join('\n')}
];
`;
}

/** Text of an entry, or the id of a method and the beginning of the call that makes entries of such methods. */
type EntryText = string | { readonly id: string; readonly begin: string };

/** Lines of the entries in their order; methods that come one after the other, with the same beginning, share a call. */
function linesOf(entries: readonly EntryText[]): string[] {
  return entries.flatMap((entry, i) => {
    if (typeof entry === 'string') return [entry];
    const continues = (other: EntryText | undefined): boolean =>
      typeof other === 'object' && other.begin === entry.begin;
    return [
      ...(continues(entries[i - 1]) ? [] : [`  ${entry.begin}`]),
      `    ${JSON.stringify(entry.id)},`,
      ...(continues(entries[i + 1]) ? [] : ['  ]),']),
    ];
  });
}

/** Name of the function that loads the module with a method. */
const loader = ({ strategy }: Method): string => `load_${strategy}`;

/** Writes a module for each strategy, with its methods that are not loaded with the Worker. */
export function methodModules(
  { plugins, compiled }: Config,
  { methods, isolated }: Pick<BuiltIn, 'methods' | 'isolated'>,
): { readonly path: string; readonly text: string }[] {
  const byStrategy = new Map<string, string[]>();
  for (const [i, { use }] of plugins.entries()) {
    const { id, strategy } = methods[i] as Method;
    if (isolated.has(id) || compiled.includes(id)) continue;
    const line = `export { default as ${id} } from ${specifier(use, '../..')};`;
    byStrategy.set(strategy, [...(byStrategy.get(strategy) ?? []), line]);
  }
  return [...byStrategy].map(([strategy, lines]) => ({
    path: `${FOLDER}/${strategy}.ts`,
    text: `// Written by scripts/generate-plugins.ts from ${CONFIG}. Do not edit.\n${lines.join('\n')}\n`,
  }));
}
