/** Source of the Worker of a deployment. */
import { IMAGE_FORMATS } from '../core/image/formats.ts';
import type { IsolatedBuild } from '../core/isolation/protocol.ts';
import type { Deployment } from './third-party.ts';

/** Specifier of a module, seen from the folder of the build. */
const specifier = (use: string): string => JSON.stringify(use.startsWith('.') ? `../${use.replace(/^\.\//, '')}` : use);

/**
 * Writes the module that wrangler bundles: the configured methods, models and tenants in one `createEdge`.
 * @param deployment configuration whose methods have all been loaded
 * @param isolated builds of the methods that have an isolate of their own, by id
 */
export function workerText(
  { config, methods }: Deployment,
  isolated: ReadonlyMap<string, IsolatedBuild> = new Map(),
): string {
  const { modalities, codecs, tasks, metrics, models, tenants } = config;
  const imports = [
    ...methods.flatMap(({ use, entry }, i) =>
      isolated.has(entry.method.id) ? [] : `import method${i} from ${specifier(use)};`,
    ),
    ...modalities.map(({ use }, i) => `import modality${i} from ${specifier(use)};`),
    ...(tasks ?? []).map(({ use }, i) => `import task${i} from ${specifier(use)};`),
    ...metrics.map(({ use }, i) => `import metric${i} from ${specifier(use)};`),
  ];
  const ownTasks = tasks && `[${tasks.map((_, i) => `task${i}`).join(', ')}]`;
  const chosen = IMAGE_FORMATS.filter((format) => codecs.includes(format));
  const create = chosen.length === IMAGE_FORMATS.length ? 'createEdge' : 'createEdgeWithCodecs';
  const decoders = create === 'createEdge' ? [] : chosen.map((format) => `${format}Decoder`);
  const used = [
    ownTasks ? [] : 'builtinTasks',
    create,
    'hardenBuiltIns',
    isolated.size > 0 ? 'isolatedIn' : [],
    decoders,
  ];
  return `// Written by "whylight build" from plugins.config.json. Do not edit.
import { ${used.flat().join(', ')} } from 'whylight/edge';
${imports.join('\n')}

export { AttributionHistory, ExplanationJob, TenantLedger } from 'whylight/edge';

hardenBuiltIns();

const edge = ${create}({
  methods: [
${methods.map((method, i) => `    ${entryText(method, i, isolated)},`).join('\n')}
  ],
${create === 'createEdge' ? '' : `  codecs: { ${chosen.map((format) => `${format}: ${format}Decoder`).join(', ')} },\n`}  modalities: [${modalities.map((_, i) => `modality${i}`).join(', ')}],
  tasks: ${ownTasks ?? 'builtinTasks'},
  metrics: [${metrics.map((_, i) => `metric${i}`).join(', ')}],
  models: ${JSON.stringify(Object.fromEntries(Object.keys(models).map((name) => [name, name])))},
  assets: '',
  tenants: ${JSON.stringify(tenants)},
});

export default { fetch: edge.fetch, queue: edge.queue };
`;
}

/** Path of a method's file among the static assets. */
export const pluginFile = (id: string, name: string): string => `plugin-files/${id}/${encodeURIComponent(name)}`;

function entryText(
  { as, entry }: Deployment['methods'][number],
  i: number,
  isolated: ReadonlyMap<string, IsolatedBuild>,
): string {
  const {
    method: { id },
    files,
    ...others
  } = entry;
  const names = files && Object.keys(files).map((name) => [name, pluginFile(id, name)]);
  const rules = { ...others, files: names && Object.fromEntries(names) };
  const apart = isolated.get(id);
  const own = as === undefined ? `method${i}` : `{ ...method${i}, id: ${JSON.stringify(as)} }`;
  const method = apart ? `isolatedIn(${JSON.stringify(apart)})` : own;
  const members = Object.entries(rules).filter(([, value]) => value !== undefined);
  return `{ ${[`method: ${method}`, ...members.map(([name, value]) => `${name}: ${JSON.stringify(value)}`)].join(', ')} }`;
}
