/** Texts of the generated modules. */
import type { Config } from '../../src/config/plugins-config.ts';
import type { Method } from '../../src/core/method/contract.ts';
import { textOf } from '../../src/node/lazy-methods-text.ts';
import { CONFIG } from '../../src/node/load-component.ts';
import { type BuiltIn, specifier } from './entry-text.ts';
import { lazyPluginsText } from './lazy-text.ts';

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

const modalityText = (use: string, id: string): string =>
  `  { id: ${JSON.stringify(id)}, load: async () => (await import(${specifier(use)})).default },`;

/** @param builtin module with the tasks that come with whylight */
function tasksText(tasks: Config['tasks'], builtin: string): string {
  if (tasks === undefined)
    return `/** The tasks that come with whylight. */\nexport { builtinTasks as tasks } from '../src/tasks/${builtin}';\n`;
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

/** Module with the methods, their files or packages, and all else that is configured. */
export const moduleText = (config: Config, built: BuiltIn): string =>
  configuredText(config, built, {
    methodsText: pluginsText(config.plugins, built.methods, built.builds, built.isolated),
    builtinTasks: 'index.ts',
  }) + usedText(config);

/**
 * The same for a Worker, which loads most of the methods when they are first asked for, see {@link lazyPluginsText}, reads
 * the boxes of detectors by code that it loads as well, and has the decoders of images that are configured.
 */
export const workerModuleText = (config: Config, built: BuiltIn): string =>
  configuredText(config, built, { methodsText: lazyPluginsText(config, built), builtinTasks: 'lazy.ts' }) +
  codecsText(config);

/** The command line compares what a folder names with what is built in. */
const usedText = ({ plugins }: Config): string => `
/** File or package of each method. */
export const used: readonly string[] = ${JSON.stringify(plugins.map(({ use }) => use))};
`;

/** Imports decoders from `src/edge/workerd/codecs`, which has a module for each format. */
function codecsText({ codecs }: Config): string {
  const formats = [...new Set(codecs)];
  const imports = formats.map((format) => `import ${format}Decoder from '../src/edge/workerd/codecs/${format}.ts';\n`);
  return `
${imports.join('')}import type { ImageDecoders } from '../src/core/image/codecs/codecs.ts';

/** Decoders of the image formats that are taken. */
export const codecs: ImageDecoders = { ${formats.map((format) => `${format}: ${format}Decoder`).join(', ')} };
`;
}

function configuredText(
  { models, tenants, modalities, tasks, metrics }: Config,
  built: BuiltIn,
  { methodsText, builtinTasks }: { readonly methodsText: string; readonly builtinTasks: string },
): string {
  return `// Written by scripts/generate-plugins.ts from ${CONFIG}. Do not edit.
import type { TenantConfig } from '../src/config/tenant-policy.ts';
import type { Metric } from '../src/core/metrics/metric.ts';
import type { ModalityEntry } from '../src/core/modality/registry.ts';
${tasks ? "import type { Task } from '../src/core/task/task.ts';\n" : ''}${methodsText}
/** Modalities beside images; each is loaded when a model asks for it. */
export const modalities: readonly ModalityEntry[] = [
${modalities.map(({ use }, i) => modalityText(use, built.modalities[i]?.id ?? '')).join('\n')}
];

${tasksText(tasks, builtinTasks)}
${metricsText(metrics)}
/** Build of the compiler; graphs that another one has stored are compiled anew. */
export const compiler = ${JSON.stringify(built.compiler)};

/** Build of what reads models; descriptions that another one has stored are made anew. */
export const reader = ${JSON.stringify(built.reader)};

/** All of them were held against the contract before this was written. */
export const checked = true;

/** Folder of each model, from the project's folder. */
export const models: Readonly<Record<string, string>> = ${JSON.stringify(models, undefined, 2)};

/** Tenants by name; "*" is everybody without a key. */
export const tenants: Readonly<Record<string, TenantConfig>> = ${JSON.stringify(tenants, undefined, 2)};
`;
}
