/** Thread that inspects uploads and tries them; `UploadInspector` starts it, asks, and ends it. */
import { parentPort } from 'node:worker_threads';
import { plugins, tasks } from '#plugins';
import { composeExplainer } from '../composition/compose-explainer.ts';
import { ISOLATE_LIMITS } from '../core/limits.ts';
import { inspectFiles, tryUpload } from '../edge/models/inspection.ts';
import { boundWasmMemory } from './bounded-wasm-memory.ts';
import {
  type AnsweredInspection,
  type AskedInspection,
  ENGINE_MIB,
  type InspectionMessage,
} from './inspection-protocol.ts';
import { onnxruntimeWeb } from './onnxruntime-web.ts';
import { failureOf } from './thread-failure.ts';

if (!parentPort) throw new Error('This file is a thread; use UploadInspector.');
const port = parentPort;
boundWasmMemory(ENGINE_MIB * 2 ** 20);
// The engine of an isolate. A run of native code cannot be stopped: a thread would wait for its end.
const explainer = composeExplainer(onnxruntimeWeb(), { plugins, tasks }, ISOLATE_LIMITS);

const say = (message: InspectionMessage): void => port.postMessage(message);

port.on('message', async ({ name, files }: AskedInspection) => say(await inspected(name, files)));

async function inspected(name: string, files: AskedInspection['files']): Promise<AnsweredInspection> {
  try {
    const { model, report } = await inspectFiles(name, async (path) => files.get(path), explainer.methods);
    say({ trial: true });
    await tryUpload(explainer, model, { waitUntil: () => undefined });
    return { report };
  } catch (error) {
    return { failure: failureOf(error, 'internal') };
  }
}
