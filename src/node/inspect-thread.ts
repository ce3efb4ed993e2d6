/** Thread that inspects uploads; `UploadInspector` starts it, asks, and ends it. */
import { parentPort } from 'node:worker_threads';
import { plugins } from '#plugins';
import { MethodRegistry } from '../core/method/registry.ts';
import { inspectFiles } from '../edge/models/inspection.ts';
import type { AnsweredInspection, AskedInspection } from './inspection-protocol.ts';
import { failureOf } from './thread-failure.ts';

if (!parentPort) throw new Error('This file is a thread; use UploadInspector.');
const port = parentPort;
const methods = new MethodRegistry(plugins);

port.on('message', async ({ name, files }: AskedInspection) => {
  port.postMessage(await inspected(name, files));
});

async function inspected(name: string, files: AskedInspection['files']): Promise<AnsweredInspection> {
  try {
    const { report } = await inspectFiles(name, async (path) => files.get(path), methods);
    return { report };
  } catch (error) {
    return { failure: failureOf(error, 'internal') };
  }
}
