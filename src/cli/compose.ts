/** Composition root of the command line: the same core as everywhere, over an engine that runs in Node. */
import { fileURLToPath } from 'node:url';
import { models, plugins } from '#plugins';
import type { Engine } from '../core/engine/engine.ts';
import { SessionCache } from '../core/engine/session-cache.ts';
import { Explainer } from '../core/explainer.ts';
import { MethodRegistry } from '../core/method/registry.ts';

export type EngineName = 'node' | 'web';
export const ENGINES: EngineName[] = ['node', 'web'];

/** The project's folder. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Folders of the models that come with the project, by name, relative to {@link ROOT}. */
export const EMBEDDED_MODELS = models;

/** Bytes of sessions that are kept; a command rarely uses more than one model. */
const SESSION_BYTES = 512 * 2 ** 20;

export const builtInMethods = (): MethodRegistry => new MethodRegistry(plugins);

/** Engines are loaded when they are asked for: each brings a binary of its own. */
async function loadEngine(name: EngineName): Promise<Engine> {
  if (name === 'web') return (await import('../node/onnxruntime-web.ts')).onnxruntimeWeb();
  return (await import('../node/onnxruntime-node.ts')).onnxruntimeNode();
}

export async function compose(name: EngineName): Promise<{ explainer: Explainer; methods: MethodRegistry }> {
  const methods = builtInMethods();
  const sessions = new SessionCache({ maxBytes: SESSION_BYTES });
  return { methods, explainer: new Explainer({ engine: await loadEngine(name), sessions, methods }) };
}
