/** Texts of the generated modules. */
import { relative } from 'node:path';
import type { Config } from '../../src/config/plugins-config.ts';
import type { IsolatedBuild } from '../../src/core/isolation/protocol.ts';
import type { Method } from '../../src/core/method/contract.ts';
import type { Modality } from '../../src/core/modality/modality.ts';
import { CONFIG } from '../../src/node/load-component.ts';

/** Components in the order of the configuration. */
export interface BuiltIn {
  readonly methods: readonly Method[];
  readonly modalities: readonly Modality[];
  /** Builds of the methods, see `buildOf`. */
  readonly builds: readonly (string | undefined)[];
  /** Builds of the methods that have an isolate of their own, by id. */
  readonly isolated: ReadonlyMap<string, { readonly build: IsolatedBuild }>;
  /** See `compilerBuild`. */
  readonly compiler: string;
}

function pluginsText(
  plugins: Config['plugins'],
  methods: readonly Method[],
  builds: readonly (string | undefined)[] = [],
  isolated: BuiltIn['isolated'] = new Map(),
): string {
  const imports = plugins.flatMap(({ use, isolated: apart }, i) =>
    apart ? [] : `import ${methods[i]?.id} from ${specifier(use)};`,
  );
  if (isolated.size > 0) imports.unshift("import { isolatedIn } from '#isolation';");
  const entries = plugins.map(({ use: _, version: __, as, isolated: ___, ...rules }, i) => {
    const members = Object.entries({ ...rules, build: builds[i] }).filter(([, value]) => value !== undefined);
    const id = methods[i]?.id;
    const apart = isolated.get(id ?? '');
    if (apart) return `  { ${textOf({ method: `isolatedIn(${JSON.stringify(apart.build)})` }, members)} },`;
    const method = as === undefined ? id : `{ ...${id}, id: ${JSON.stringify(as)} }`;
    return `  { ${textOf({ method }, members)} },`;
  });
  return `import type { PluginEntry } from '../src/core/method/registry.ts';
${imports.join('\n')}

/** The methods that are built in. */
export const plugins: readonly PluginEntry[] = [
${entries.join('\n')}
];
`;
}

/** Members of an entry: the method as code, the others as JSON. */
const textOf = ({ method }: { readonly method: string | undefined }, members: readonly [string, unknown][]): string =>
  [`method: ${method}`, ...members.map(([name, value]) => `${name}: ${JSON.stringify(value)}`)].join(', ');

const modalityText = (use: string, id: string): string =>
  `  { id: ${JSON.stringify(id)}, load: async () => (await import(${specifier(use)})).default },`;

function tasksText(tasks: Config['tasks']): string {
  if (tasks === undefined)
    return "/** The tasks that come with whylight. */\nexport { builtinTasks as tasks } from '../src/tasks/index.ts';\n";
  const imports = tasks.map(({ use }, i) => `import task${i} from ${specifier(use)};`);
  const names = tasks.map((_, i) => `task${i}`);
  return `${imports.join('\n')}

/** Tasks that answers are read by. */
export const tasks: readonly Task[] = [${names.join(', ')}];
`;
}

const metricsText = (metrics: Config['metrics']): string => `${metrics
  .map(({ use }, i) => `import metric${i} from ${specifier(use)};\n`)
  .join('')}
/** Metrics beside those that come with whylight. */
export const metrics: readonly Metric[] = [${metrics.map((_, i) => `metric${i}`).join(', ')}];
`;

/** Module specifier of a component, seen from the generated file. */
const specifier = (use: string): string =>
  JSON.stringify(use.startsWith('.') ? `../${relative('.', use).replaceAll('\\', '/')}` : use);

/** For pages that anybody may open: no method that only some tenants may know of, and nothing of tenants and models. */
export function publicModuleText({ plugins }: Config, methods: readonly Method[]): string {
  // A page in a browser has no isolates.
  const listed = [...plugins.keys()].filter((i) => !plugins[i]?.unlisted && !plugins[i]?.isolated);
  return `// Written by scripts/generate-plugins.ts from ${CONFIG}. Do not edit.
${pluginsText(
  listed.map((i) => plugins[i] as Config['plugins'][number]),
  listed.map((i) => methods[i] as Method),
)}`;
}

export function moduleText({ plugins, models, tenants, modalities, tasks, metrics }: Config, built: BuiltIn): string {
  return `// Written by scripts/generate-plugins.ts from ${CONFIG}. Do not edit.
import type { TenantConfig } from '../src/config/tenant-policy.ts';
import type { Metric } from '../src/core/metrics/metric.ts';
import type { ModalityEntry } from '../src/core/modality/registry.ts';
${tasks ? "import type { Task } from '../src/core/task/task.ts';\n" : ''}${pluginsText(plugins, built.methods, built.builds, built.isolated)}
/** Modalities beside images; each is loaded when a model asks for it. */
export const modalities: readonly ModalityEntry[] = [
${modalities.map(({ use }, i) => modalityText(use, built.modalities[i]?.id ?? '')).join('\n')}
];

${tasksText(tasks)}
${metricsText(metrics)}
/** Build of the compiler; graphs that another one has stored are compiled anew. */
export const compiler = ${JSON.stringify(built.compiler)};

/** File or package of each method. */
export const used: readonly string[] = ${JSON.stringify(plugins.map(({ use }) => use))};

/** All of them were held against the contract before this was written. */
export const checked = true;

/** Folder of each model, from the project's folder. */
export const models: Readonly<Record<string, string>> = ${JSON.stringify(models, undefined, 2)};

/** Tenants by name; "*" is everybody without a key. */
export const tenants: Readonly<Record<string, TenantConfig>> = ${JSON.stringify(tenants, undefined, 2)};
`;
}
