/** Composition root of the command line: the same core as everywhere, over an engine that runs in Node. */
import { fileURLToPath } from 'node:url';
import * as built from '#plugins';
import { createContainer } from '../composition/container.ts';
import { coreModule, engineModule } from '../composition/core.ts';
import { CORE } from '../composition/tokens.ts';
import type { Engine } from '../core/engine/engine.ts';
import type { Explainer } from '../core/explainer/explainer.ts';
import { MethodRegistry, type PluginEntry } from '../core/method/registry.ts';
import { TaskRegistry } from '../core/task/registry.ts';
import { allModalities } from '../library/modalities.ts';
import { availableIn } from './third-party.ts';

const { modalities, tasks } = built;

export type EngineName = 'node' | 'web';
export const ENGINES: EngineName[] = ['node', 'web'];

/** The project's folder. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Methods and models of this call, see `availableIn`. */
export const AVAILABLE = await availableIn(process.cwd(), { ...built, root: ROOT });
const { plugins, models } = AVAILABLE;
for (const problem of AVAILABLE.problems) process.stderr.write(`warning: ${problem}\n`);

/** Folders of the models that come with the project, by name, relative to {@link ROOT}. */
export const EMBEDDED_MODELS = models;

/** The methods of plugins.config.json, with the operator's defaults and limits. */
export const CONFIGURED: readonly PluginEntry[] = plugins;

/** The same methods as their authors wrote them. */
export const PLAIN: readonly PluginEntry[] = plugins.map(({ method }) => ({ method }));

/** The tasks of plugins.config.json. */
export const TASKS = new TaskRegistry(tasks);

/** Every modality, the configured ones first. */
export const MODALITIES = allModalities(modalities);

/** For commands that run nothing. */
export const configuredMethods = (): MethodRegistry => new MethodRegistry(CONFIGURED);

/** Engines are loaded when they are asked for: each brings a binary of its own. */
export async function loadEngine(name: EngineName): Promise<Engine> {
  if (name === 'web') return (await import('../node/onnxruntime-web.ts')).onnxruntimeWeb();
  return (await import('../node/onnxruntime-node.ts')).onnxruntimeNode();
}

export async function compose(engine: EngineName, entries: readonly PluginEntry[] = CONFIGURED): Promise<Explainer> {
  return createContainer(coreModule({ plugins: entries, tasks }), engineModule(await loadEngine(engine))).get(
    CORE.explainer,
  );
}
