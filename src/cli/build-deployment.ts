/** Build of a deployment: the Worker's source and its static assets, from plugins.config.json. */
import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { checkTenant } from '../config/check-tenant.ts';
import { WhylightError } from '../core/errors.ts';
import { describeMethod } from '../core/isolation/describe.ts';
import type { IsolatedBuild } from '../core/isolation/protocol.ts';
import { MethodRegistry, type PluginEntry } from '../core/method/registry.ts';
import { withMetrics } from '../core/metrics/check.ts';
import { metrics as builtinMetrics } from '../core/metrics/index.ts';
import type { Metric } from '../core/metrics/metric.ts';
import { checkModality } from '../core/modality/check.ts';
import type { Modality } from '../core/modality/modality.ts';
import { bundleMethod } from '../node/isolation/bundle-method.ts';
import { METHODS_FOLDER } from '../node/lazy-methods-text.ts';
import { at, CONFIG, loadModule, wrong } from '../node/load-component.ts';
import { completeModelAssets } from '../node/model-assets.ts';
import { openFolder } from '../node/model-folders.ts';
import { compilerBuild, readerBuild } from '../node/plugin-build.ts';
import { unlistedModels } from '../node/unlisted-models.ts';
import { ASSETS_FOLDER, BUILD_FILE, BUILD_FOLDER } from './deployment-files.ts';
import type { Available, Deployment } from './third-party.ts';
import { pluginFile, workerSources } from './worker-text.ts';

/**
 * Writes the build of a folder.
 * @returns the configuration that was built
 * @throws WhylightError `invalid_config` for a folder without a configuration, and for one that cannot be used
 */
export async function buildDeployment(folder: string, { deployment, problems }: Available): Promise<Deployment> {
  if (problems.length > 0) throw new WhylightError('invalid_config', problems.join('\n'), { problems });
  if (!deployment) {
    throw new WhylightError(
      'invalid_config',
      `There is no ${CONFIG} in ${folder}: make a deployment by "whylight init my-server", and run this in its folder. In a clone of the project, use npm start.`,
      { folder },
    );
  }
  const { config, methods } = deployment;
  checkTenants(deployment);
  const modalities = await modalityIds(folder, config);
  await checkMetrics(folder, config);
  await rm(join(folder, ASSETS_FOLDER), { recursive: true, force: true });
  await mkdir(join(folder, ASSETS_FOLDER), { recursive: true });
  for (const [name, path] of Object.entries(config.models)) await copyModel(folder, name, path);
  for (const { entry } of methods) await copyFiles(folder, entry);
  const isolated = await bundleIsolated(folder, deployment);
  const keys = {
    compiler: await compilerBuild(),
    reader: await readerBuild(
      folder,
      config.tasks?.map(({ use }) => use),
    ),
  };
  await writeSources(folder, workerSources(deployment, { isolated, modalities, keys }));
  const builds = Object.fromEntries(methods.map(({ entry }) => [entry.method.id, entry.build ?? '']));
  await writeFile(join(folder, BUILD_FILE), `${JSON.stringify(builds, null, 2)}\n`);
  for (const note of [...(await unlistedModels(folder, config.models)), ...uncompiled(config)]) {
    process.stderr.write(`note: ${note}\n`);
  }
  return deployment;
}

/** Writes the sources of the Worker. None is gone in between: `whylight start` bundles them again when they change. */
async function writeSources(folder: string, sources: ReturnType<typeof workerSources>): Promise<void> {
  const build = join(folder, BUILD_FOLDER);
  const paths = new Set(sources.map(({ path }) => path));
  for (const { path, text } of sources) {
    await mkdir(join(build, dirname(path)), { recursive: true });
    await writeFile(join(build, path), text);
  }
  for (const file of await readdir(join(build, METHODS_FOLDER)).catch(() => [])) {
    if (!paths.has(`${METHODS_FOLDER}/${file}`)) await rm(join(build, METHODS_FOLDER, file));
  }
}

/** Loads the modalities, which the Worker loads by their ids. */
async function modalityIds(folder: string, { modalities }: Deployment['config']): Promise<string[]> {
  const ids: string[] = [];
  for (const [i, { use }] of modalities.entries()) {
    const place = `modalities[${i}]`;
    const { default: modality } = await loadModule(folder, use, place);
    at(place, () => checkModality(modality));
    ids.push((modality as Modality).id);
  }
  return ids;
}

/** Holds the metrics against the contract, which the Worker does not do again. */
async function checkMetrics(folder: string, { metrics }: Deployment['config']): Promise<void> {
  const loaded: unknown[] = [];
  for (const [i, { use }] of metrics.entries()) loaded.push((await loadModule(folder, use, `metrics[${i}]`)).default);
  at('metrics', () => withMetrics(builtinMetrics, loaded as Metric[]));
}

/** Note on a setting that the build of a deployment does not carry out: the optimisers are those of a clone's engine. */
const uncompiled = ({ compiled }: Deployment['config']): string[] =>
  compiled.length === 0
    ? []
    : [
        `${CONFIG}, compiled: graphs are compiled ahead in a clone of the project only; here, the first isolate that needs one compiles and stores it.`,
      ];

function checkTenants({ config, methods }: Deployment): void {
  const registry = new MethodRegistry(methods.map(({ entry }) => entry));
  for (const [name, tenant] of Object.entries(config.tenants)) {
    const [issue] = checkTenant(tenant, registry);
    const missing = tenant.models === '*' ? undefined : tenant.models.find((model) => !(model in config.models));
    const message = issue?.message ?? (missing === undefined ? undefined : `there is no model "${missing}".`);
    if (message === undefined) continue;
    const place = ['tenants', name, ...(issue?.path ?? ['models'])].join('.');
    throw new WhylightError('invalid_config', `${CONFIG}, ${place}: ${message}`, { entry: place });
  }
}

/** Bundles the methods that have an isolate of their own. */
async function bundleIsolated(folder: string, { methods }: Deployment): Promise<ReadonlyMap<string, IsolatedBuild>> {
  const builds = new Map<string, IsolatedBuild>();
  for (const { use, isolated, entry } of methods) {
    if (!isolated) continue;
    const { build, text } = await bundleMethod(folder, use, describeMethod(entry.method));
    await mkdir(join(folder, ASSETS_FOLDER, dirname(build.script)), { recursive: true });
    await writeFile(join(folder, ASSETS_FOLDER, build.script), text);
    builds.set(entry.method.id, build);
  }
  return builds;
}

/** Copies the files that a method loads to where the Worker finds them. */
async function copyFiles(folder: string, { method, files = {} }: PluginEntry): Promise<void> {
  for (const [name, path] of Object.entries(files)) {
    const to = join(folder, ASSETS_FOLDER, pluginFile(method.id, name));
    await cp(String(path), to, { recursive: true }).catch((cause) => {
      throw wrong(`files.${name} of ${method.id}`, `there is no file "${path}": ${cause.message}`);
    });
  }
}

async function copyModel(folder: string, name: string, path: string): Promise<void> {
  const from = resolve(folder, path);
  const { manifest } = await openFolder(from, name);
  if (manifest?.name !== name) {
    throw new WhylightError(
      'invalid_config',
      `${CONFIG}, models.${name}: the manifest in ${path} says that the model is called "${manifest?.name}". Use the same name.`,
      { model: name },
    );
  }
  const to = join(folder, ASSETS_FOLDER, name);
  await cp(from, to, { recursive: true, filter: (file) => !/\.py$|__pycache__$/.test(file) });
  await completeModelAssets(to);
}
