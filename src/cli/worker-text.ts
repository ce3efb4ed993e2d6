/** Sources of the Worker of a deployment. */
import { IMAGE_FORMATS } from '../core/image/formats.ts';
import type { IsolatedBuild } from '../core/isolation/protocol.ts';
import { type ListedMethod, type MethodTexts, methodModules, methodsText } from '../node/lazy-methods-text.ts';
import type { Deployment } from './third-party.ts';

/** Facts of a build beside the configuration. */
export interface BuiltParts {
  /** Builds of the methods that have an isolate of their own, by id. */
  readonly isolated?: ReadonlyMap<string, IsolatedBuild>;
  /** Ids of the modalities, in the order of the configuration. */
  readonly modalities?: readonly string[];
  /** Builds of the compiler and of what reads models, which stored graphs and descriptions are known by. */
  readonly keys?: { readonly compiler: string; readonly reader: string };
}

/** A file, by its path in the folder of the build. */
interface SourceFile {
  readonly path: string;
  readonly text: string;
}

const NOTE = 'Written by "whylight build" from plugins.config.json. Do not edit.';
const PARTS = 'whylight/deployment';

/** Specifier of a module, seen from a folder that is so far below that of the build. */
const specifier = (use: string, depth: 0 | 1): string =>
  JSON.stringify(use.startsWith('.') ? `${depth === 0 ? '../' : '../../'}${use.replace(/^\.\//, '')}` : use);

const textsOf = ({ config }: Deployment): MethodTexts => ({
  atStart: config.compiled,
  extension: 'js',
  specifier,
  note: NOTE,
});

/**
 * Writes the entry of the Worker, and a module for the methods of each strategy that are loaded when one is asked for.
 * @param deployment configuration whose methods have all been loaded
 */
export const workerSources = (deployment: Deployment, parts: BuiltParts = {}): SourceFile[] => [
  { path: 'worker.js', text: workerText(deployment, parts) },
  ...methodModules(listed(deployment, parts), textsOf(deployment)),
];

/** Writes the entry of the Worker. */
export function workerText(deployment: Deployment, parts: BuiltParts = {}): string {
  const { codecs, tasks, metrics, modalities, models, tenants } = deployment.config;
  const methods = methodsText(listed(deployment, parts), textsOf(deployment));
  const formats = IMAGE_FORMATS.filter((format) => codecs.includes(format));
  const used = [
    tasks ? [] : 'builtinTasks',
    'hardenBuiltIns',
    methods.entries.some((line) => line.includes('isolatedIn(')) ? 'isolatedIn' : [],
    formats.map((format) => `${format}Decoder`),
    methods.entries.some((line) => line.includes('...lazyMethods(')) ? 'lazyMethods' : [],
    'serve',
  ];
  const imports = [
    ...methods.imports,
    ...(tasks ?? []).map(({ use }, i) => `import task${i} from ${specifier(use, 0)};`),
    ...metrics.map(({ use }, i) => `import metric${i} from ${specifier(use, 0)};`),
  ];
  const kinds = modalities.map(
    ({ use }, i) =>
      `{ id: ${JSON.stringify(parts.modalities?.[i])}, load: async () => (await import(${specifier(use, 0)})).default }`,
  );
  return `// ${NOTE}
import { ${used.flat().join(', ')} } from '${PARTS}';
${imports.join('\n')}

export { AttributionHistory, ExplanationJob, TenantLedger } from '${PARTS}';

${methods.loaders.join('\n')}

hardenBuiltIns();

export default serve({
  plugins: [
${methods.entries.join('\n')}
  ],
  checked: true,
${Object.entries(parts.keys ?? {})
  .map(([name, value]) => `  ${name}: ${JSON.stringify(value)},\n`)
  .join('')}  codecs: { ${formats.map((format) => `${format}: ${format}Decoder`).join(', ')} },
  modalities: [${kinds.join(', ')}],
  tasks: ${tasks ? `[${tasks.map((_, i) => `task${i}`).join(', ')}]` : 'builtinTasks'},
  metrics: [${metrics.map((_, i) => `metric${i}`).join(', ')}],
  models: ${JSON.stringify(Object.fromEntries(Object.keys(models).map((name) => [name, name])))},
  tenants: ${JSON.stringify(tenants)},
}, { assets: '' });
`;
}

/** Path of a method's file among the static assets. */
export const pluginFile = (id: string, name: string): string => `plugin-files/${id}/${encodeURIComponent(name)}`;

const listed = ({ methods }: Deployment, { isolated }: BuiltParts): ListedMethod[] =>
  methods.map(({ use, as, entry }) => {
    const { method, files, ...rules } = entry;
    const names = files && Object.keys(files).map((name) => [name, pluginFile(method.id, name)]);
    return {
      ...{ use, as, method },
      rules: { ...rules, ...(names && { files: Object.fromEntries(names) }) },
      isolated: isolated?.get(method.id),
    };
  });
