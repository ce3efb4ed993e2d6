/** Composition root of the command line: the same core as everywhere, over an engine that runs in Node. */
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as built from '#plugins';
import { composeExplainer } from '../composition/compose-explainer.ts';
import type { Engine } from '../core/engine/engine.ts';
import type { Explainer } from '../core/explainer/explainer.ts';
import { MethodRegistry, type PluginEntry } from '../core/method/registry.ts';
import { withMetrics } from '../core/metrics/check.ts';
import { metrics } from '../core/metrics/index.ts';
import { TaskRegistry } from '../core/task/registry.ts';
import { allModalities } from '../library/modalities.ts';
import { readBytes } from '../node/files.ts';
import { availableIn } from './third-party.ts';

const { modalities, tasks } = built;

/** Metrics that come with whylight, and those of plugins.config.json. */
export const METRICS = withMetrics(metrics, built.metrics);

export type EngineName = 'node' | 'web';
export const ENGINES: EngineName[] = ['node', 'web'];

/** Flag that names the engine. */
export const ENGINE_ARG = {
  type: 'enum',
  options: ENGINES,
  description: 'onnxruntime-node (used where it is installed) or onnxruntime-web',
} as const;

/** The project's folder. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Methods and models of this call, see `availableIn`. */
export const AVAILABLE = await availableIn(process.cwd(), { ...built, root: ROOT });
const { plugins, models } = AVAILABLE;
for (const problem of AVAILABLE.problems) process.stderr.write(`warning: ${problem}\n`);

/** Folders of the models that come with the project, by name, relative to {@link ROOT}. */
export const EMBEDDED_MODELS = models;

/** Absolute paths of the same folders. */
export const embeddedPaths = (): Record<string, string> =>
  Object.fromEntries(Object.entries(models).map(([name, folder]) => [name, join(ROOT, folder)]));

/**
 * The methods of plugins.config.json, with the operator's defaults and limits. The build checked its own, and
 * `availableIn` all others: registries of them do not check again, which takes 0.1 s for all methods.
 */
export const CONFIGURED: readonly PluginEntry[] = plugins;

/** The same methods as their authors wrote them. */
export const PLAIN: readonly PluginEntry[] = plugins.map(({ method }) => ({ method }));

/** The tasks of plugins.config.json. */
export const TASKS = new TaskRegistry(tasks);

/** Every modality, the configured ones first. */
export const MODALITIES = allModalities(modalities);

/** For commands that run nothing. */
export const configuredMethods = (): MethodRegistry => new MethodRegistry(CONFIGURED, { checked: true });

/** Engines are loaded when they are asked for: each brings a binary of its own. */
export async function loadEngine(name: EngineName): Promise<Engine> {
  if (name === 'web') return (await import('../node/onnxruntime-web.ts')).onnxruntimeWeb();
  return (await import('../node/onnxruntime-node.ts')).onnxruntimeNode();
}

/** Composes an explainer over an engine that is there. */
export const composeOver = (engine: Engine): Explainer =>
  composeExplainer(engine, { plugins: CONFIGURED, checked: true, tasks });

/**
 * Composes an explainer.
 * @param name engine; the one that is installed when left out, with a note on stderr where that is the slower one
 */
export async function compose(
  name: EngineName | undefined,
  entries: readonly PluginEntry[] = CONFIGURED,
): Promise<Explainer> {
  const { engine, notices } = name
    ? { engine: await loadEngine(name), notices: [] }
    : await (await import('../node/available-engine.ts')).availableEngine();
  for (const notice of notices) process.stderr.write(`note: ${notice}\n`);
  const readFile = (path: string): Promise<Uint8Array> => readBytes(resolve(ROOT, path), 'file');
  return composeExplainer(engine, { plugins: entries, checked: true, tasks, readFile });
}
