/** `whylight models list | push | pull | pin | delete | rollout`: uploaded models of a deployment. */
import { TENANT_ID } from '../../config/tenant-policy.ts';
import { noun } from '../../core/counted.ts';
import { quoted } from '../../core/errors.ts';
import { numberFlag, UsageError } from '../arguments.ts';
import { EMBEDDED_MODELS, ROOT } from '../compose.ts';
import { defineCommand, JSON_ARG } from '../define-command.ts';
import { DEPLOYMENT_ARGS, type DeploymentClient, deploymentOf, jsonBody } from '../deployment/client.ts';
import { bringFile, targetIn } from '../deployment/model-download.ts';
import { modelPath, type NamedModel, namedModel } from '../deployment/model-path.ts';
import { modelUpload, uploadRequest } from '../deployment/model-upload.ts';
import { positional, textFlag } from '../flags.ts';
import { progressBar } from '../progress.ts';

const args = {
  action: positional('list, push, pull, pin, delete or rollout', { required: true }),
  subject: positional('push: folder or ONNX file; otherwise name or name@version; pin name@none: the newest version', {
    required: false,
  }),
  as: textFlag("push: name and version on the server; the manifest's when left out", { valueHint: 'name@version' }),
  out: textFlag('pull: folder to write; the name of the model', { alias: 'o', valueHint: 'folder' }),
  canary: textFlag('rollout: version for a part of the requests, or none', { valueHint: 'version' }),
  shadow: textFlag('rollout: version that runs for comparison, or none', { valueHint: 'version' }),
  share: textFlag('rollout: share of requests, or of runs; as before for the same version, else 0.1', {
    valueHint: '0..1',
  }),
  tenants: textFlag('rollout: tenants that get the canary for all requests; as before for the same version', {
    valueHint: 'a,b',
  }),
  owner: textFlag('shared or tenants/<id>, for operators', { valueHint: 'owner' }),
  ...DEPLOYMENT_ARGS,
  ...JSON_ARG,
} as const;

type Flags = { readonly [K in keyof typeof args]?: string | boolean } & {
  readonly share?: string;
  readonly tenants?: string;
  readonly owner?: string;
};

/** A model as the server lists it. */
interface ModelView {
  readonly name: string;
  readonly default: string;
  readonly pinned?: boolean;
  readonly canary?: { readonly version: string; readonly share: number; readonly tenants: readonly string[] };
  readonly shadow?: { readonly version: string; readonly share: number };
  readonly versions: readonly { readonly version: string; readonly digest: string; readonly bytes?: number }[];
}

/** Share of a canary or a shadow that is new. */
const DEFAULT_SHARE = 0.1;
/** Word for no version at all. */
const NONE = 'none';

export default defineCommand({
  name: 'models',
  description: 'Lists, uploads, downloads, pins, deletes and rolls out models of a deployment.',
  examples: [
    'whylight models push ./my-model --server https://whylight.example.com',
    'whylight models pull my-model@2 -o ./copy',
    'whylight models rollout my-model --canary 2 --share 0.1',
  ],
  args,
  needsArguments: true,
  async run(flags) {
    const client = deploymentOf(flags);
    const run = ACTIONS[flags.action];
    if (!run)
      throw new UsageError(`"models ${flags.action}" is nothing to do: use ${Object.keys(ACTIONS).join(', ')}.`);
    const { value, text } = await run(client, flags as Flags);
    console.log(flags.json ? JSON.stringify(value) : text);
  },
});

interface Done {
  /** Value that `--json` prints. */
  readonly value: unknown;
  readonly text: string;
}

const ACTIONS: Readonly<Record<string, (client: DeploymentClient, flags: Flags) => Promise<Done>>> = {
  list,
  push,
  pull,
  pin,
  delete: remove,
  rollout,
};

async function list(client: DeploymentClient, flags: Flags): Promise<Done> {
  const wanted = flags.subject;
  const { models } =
    wanted === undefined
      ? await client.json<{ models: { name: string }[] }>('/v2/models')
      : { models: [{ name: String(wanted) }] };
  const value: ModelView[] = [];
  for (const { name } of models)
    value.push(await client.json<ModelView>(modelPath({ name }, '/versions', flags.owner)));
  return { value: { models: value }, text: value.map(described).join('\n') || 'no models' };
}

async function push(client: DeploymentClient, flags: Flags): Promise<Done> {
  const upload = await modelUpload(required(flags, 'Which model? whylight models push <folder or file>.'), {
    folders: EMBEDDED_MODELS,
    root: ROOT,
  });
  const { manifest } = upload;
  const named = flags.as === undefined ? { name: manifest.name } : namedModel(String(flags.as));
  const { name, version = manifest.version ?? '1' }: Partial<NamedModel> = named;
  if (!name) throw new UsageError('The model has no manifest that names it: give --as name@version.');
  const total = upload.files.reduce((sum, { size }) => sum + size, 0);
  const bar = progressBar(`upload of ${mebibytes(total)}`);
  const value = await client
    .json<{ digest: string; methods: string[]; repaired?: string[] }>(
      modelPath({ name, version }, '', flags.owner),
      uploadRequest(upload, (sent) => bar.update(sent, total)),
    )
    .finally(() => bar.end());
  const { digest, methods, repaired = [] } = value;
  return {
    value,
    text: `${name} ${version}: ${mebibytes(total)}, sha256 ${digest}, ${methods.length} ${noun(methods.length, 'method')} apply${repaired.length > 0 ? `; damaged in the store, and whole again: ${repaired.join(', ')}` : ''}`,
  };
}

async function pull(client: DeploymentClient, flags: Flags): Promise<Done> {
  const { name, version } = await namedVersion(client, flags);
  const path = (file = '') => modelPath({ name, version }, `/files${file}`, flags.owner);
  const listed = await client.json<{ files: { path: string; sha256: string }[] }>(path());
  const folder = String(flags.out ?? name);
  const bar = progressBar('files');
  let fetched = 0;
  for (const [i, { path: file, sha256 }] of listed.files.entries()) {
    bar.update(i, listed.files.length);
    const target = targetIn(folder, file);
    if (await bringFile({ target, sha256, fetch: () => client.bytes(path(`/${file}`)) })) fetched++;
  }
  bar.end();
  const there = listed.files.length - fetched;
  return {
    value: { name, version, folder, files: listed.files, fetched },
    text: `${name} ${version}: ${fetched} ${noun(fetched, 'file')} written to ${folder}${there > 0 ? `, ${there} there already` : ''}`,
  };
}

async function pin(client: DeploymentClient, flags: Flags): Promise<Done> {
  const { name, version } = namedModel(required(flags, 'Which model? whylight models pin name@version.'));
  if (version === undefined) throw new UsageError('Which version? whylight models pin name@version, or name@none.');
  return changed(client, modelPath({ name }, '/default', flags.owner), { version: version === NONE ? null : version });
}

async function remove(client: DeploymentClient, flags: Flags): Promise<Done> {
  const named = namedModel(required(flags, 'Which model? whylight models delete name, or name@version.'));
  const { name, version } = named;
  await client.json(modelPath(named, '', flags.owner), { method: 'DELETE' });
  return {
    value: { name, ...(version !== undefined && { version }), deleted: true },
    text: `deleted ${name}${version === undefined ? ' with all its versions' : ` ${version}`}`,
  };
}

async function rollout(client: DeploymentClient, flags: Flags): Promise<Done> {
  const name = required(flags, 'Which model? whylight models rollout name --canary 2 --share 0.1.');
  const { canary, shadow, tenants } = flags;
  if (canary === undefined && shadow === undefined)
    throw new UsageError('Give --canary or --shadow: a version, or none.');
  const share = flags.share === undefined ? undefined : numberFlag('share', flags.share, 0, 1);
  const listed = tenants?.split(',');
  const odd = listed?.find((id) => !TENANT_ID.test(id));
  if (odd !== undefined) throw new UsageError(`--tenants: ${quoted(odd)} is no name of a tenant.`);
  const now = await client.json<ModelView>(modelPath({ name }, '/versions', flags.owner));
  if (shadow === now.default && shadow !== now.shadow?.version)
    throw new UsageError(`--shadow: version ${shadow} is the default one, which would be compared with itself.`);
  // What is left out stays as it is for the same version.
  const before = now.canary?.version === canary ? now.canary : undefined;
  const shadowed = now.shadow?.version === shadow ? now.shadow : undefined;
  const shared = (known?: { readonly share: number }): number => share ?? known?.share ?? DEFAULT_SHARE;
  return changed(client, modelPath({ name }, '/rollout', flags.owner), {
    ...(canary !== undefined && {
      canary:
        canary === NONE ? null : { version: canary, share: shared(before), tenants: listed ?? before?.tenants ?? [] },
    }),
    ...(shadow !== undefined && { shadow: shadow === NONE ? null : { version: shadow, share: shared(shadowed) } }),
  });
}

async function changed(client: DeploymentClient, path: string, body: unknown): Promise<Done> {
  const value = await client.json<ModelView>(path, { method: 'PUT', ...jsonBody(body) });
  return { value, text: described(value) };
}

/** Name and version of `name@version`, or of the default version. */
async function namedVersion(client: DeploymentClient, flags: Flags): Promise<{ name: string; version: string }> {
  const { name, version } = namedModel(required(flags, 'Which model? whylight models pull name, or name@version.'));
  if (version !== undefined) return { name, version };
  const found = await client.json<ModelView>(modelPath({ name }, '/versions', flags.owner));
  return { name, version: found.default };
}

function required({ subject }: Flags, message: string): string {
  if (subject === undefined || subject === '') throw new UsageError(message);
  return String(subject);
}

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

/** A model and its versions, one a line; `*` marks the default one. */
function described({ name, default: standard, pinned, canary, shadow, versions }: ModelView): string {
  const roles = (version: string): string =>
    [
      version === standard && (pinned ? 'default, pinned' : 'default'),
      version === canary?.version &&
        `canary for ${100 * canary.share} %${canary.tenants.map((id) => `, ${id}`).join('')}`,
      version === shadow?.version && `shadow of ${100 * shadow.share} %`,
    ]
      .filter(Boolean)
      .join('; ');
  return [
    name,
    ...versions.map(({ version, digest, bytes }) =>
      `  ${version.padEnd(12)} ${digest.slice(0, 12)} ${bytes === undefined ? '' : mebibytes(bytes).padStart(10)}  ${roles(version)}`.trimEnd(),
    ),
  ].join('\n');
}
