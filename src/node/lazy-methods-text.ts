/** Texts of the methods of a Worker: a few are loaded with it, the others by strategy when one of them is asked for. */
import type { IsolatedBuild } from '../core/isolation/protocol.ts';
import type { Method } from '../core/method/contract.ts';

/** Folder of the modules with methods, within that of the written files. */
export const METHODS_FOLDER = 'methods';

/** A method that a configuration lists. */
export interface ListedMethod {
  readonly use: string;
  /** Id that it is served under, where it is not its own. */
  readonly as?: string | undefined;
  readonly method: Pick<Method, 'id' | 'strategy'>;
  /** Rules of the operator, and the build. */
  readonly rules: Readonly<Record<string, unknown>>;
  /** Build of a method that has an isolate of its own. */
  readonly isolated?: IsolatedBuild | undefined;
}

/** Settings of the texts. */
export interface MethodTexts {
  /** Ids of the methods that are loaded with the Worker. */
  readonly atStart: readonly string[];
  /** Extension of the modules. */
  readonly extension: 'ts' | 'js';
  /** Spells the module of a component, seen from a folder that is so far below that of the written files. */
  readonly specifier: (use: string, depth: 0 | 1) => string;
  /** First line of each module. */
  readonly note: string;
}

/** Text of an entry, or the id of a method and the beginning of the call that makes entries of such methods. */
type EntryText = string | { readonly id: string; readonly begin: string };

/**
 * Writes the entries of the methods, with what they need. Those that are loaded at start, and isolated ones, which are
 * descriptions alone, are imported with the module; it imports `lazyMethods` and `isolatedIn` where the entries have them.
 */
export function methodsText(methods: readonly ListedMethod[], { atStart, extension, specifier }: MethodTexts) {
  const imports: string[] = [];
  const loaders = new Map<string, string>();
  const entries = methods.map(({ use, as, method, rules, isolated }): EntryText => {
    const { id } = method;
    const members = Object.entries(rules).filter(([, value]) => value !== undefined);
    if (isolated) return `  { ${textOf({ method: `isolatedIn(${JSON.stringify(isolated)})` }, members)} },`;
    const named = (value: string): string => (as === undefined ? value : `{ ...${value}, id: ${JSON.stringify(as)} }`);
    if (atStart.includes(id)) {
      imports.push(`import ${id} from ${specifier(use, 0)};`);
      return `  { ${textOf({ method: named(id) }, members)} },`;
    }
    loaders.set(loader(method), `./${METHODS_FOLDER}/${method.strategy}.${extension}`);
    if (as === undefined) return { id, begin: `...lazyMethods(${loader(method)}, { ${textOf({}, members)} }, [` };
    const loaded = named(`(await ${loader(method)}()).${id}`);
    return `  { ${textOf({ id: JSON.stringify(id), load: `async () => (${loaded})` }, members)} },`;
  });
  return {
    imports,
    loaders: [...loaders].map(([name, path]) => `const ${name} = () => import('${path}');`),
    entries: linesOf(entries),
  };
}

/** Members of an entry: the first ones as code, the others as JSON. */
export const textOf = (
  code: Readonly<Record<string, string | undefined>>,
  members: readonly [string, unknown][],
): string =>
  [
    ...Object.entries(code).map(([name, value]) => `${name}: ${value}`),
    ...members.map(([name, value]) => `${name}: ${JSON.stringify(value)}`),
  ].join(', ');

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
const loader = ({ strategy }: Pick<Method, 'strategy'>): string => `load_${strategy}`;

/** Writes a module for each strategy, with its methods that are not loaded with the Worker. */
export function methodModules(
  methods: readonly ListedMethod[],
  { atStart, extension, specifier, note }: MethodTexts,
): { readonly path: string; readonly text: string }[] {
  const byStrategy = new Map<string, string[]>();
  for (const { use, method, isolated } of methods) {
    const { id, strategy } = method;
    if (isolated || atStart.includes(id)) continue;
    const line = `export { default as ${id} } from ${specifier(use, 1)};`;
    byStrategy.set(strategy, [...(byStrategy.get(strategy) ?? []), line]);
  }
  return [...byStrategy].map(([strategy, lines]) => ({
    path: `${METHODS_FOLDER}/${strategy}.${extension}`,
    text: `// ${note}\n${lines.join('\n')}\n`,
  }));
}
