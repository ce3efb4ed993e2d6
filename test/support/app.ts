/** Requests to the app in workerd, with its real bindings. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import * as configured from '#worker-plugins';
import { createApp } from '../../src/edge/app.ts';
import type { Services } from '../../src/edge/services.ts';
import type { WorkerBindings } from '../../src/edge/workerd/bindings.ts';
import { workerServices } from '../../src/edge/workerd/worker-module.ts';

export const bindings = env as unknown as WorkerBindings;
/** Services shared by the whole isolate, as in production. */
export const services = workerServices(bindings, configured);

/** The line for each request would bury what tests report. */
const onlyTrouble: Services['log'] = (level, ...rest) => {
  if (level !== 'info') services.log(level, ...rest);
};

export type Ask = (path: string, init?: RequestInit) => Promise<Response>;

/** An app with some services replaced. Its requests end when all that they left to `waitUntil` is done. */
export function appWith(replaced: Partial<Services> = {}): Ask {
  const app = createApp({ ...services, log: onlyTrouble, ...replaced });
  return async (path, init) => {
    const context = createExecutionContext();
    const response = await app.fetch(new Request(`https://whylight.test${path}`, init), bindings, context);
    await waitOnExecutionContext(context);
    return response;
  };
}

/** A model's worth of pixels: 3x32x32, different for each seed. */
export const pixels = (seed: number, rows = 1): number[] =>
  Array.from({ length: rows * 3072 }, (_, i) => Math.round(Math.sin(i * (seed + 1) * 0.013) * 1e4) / 1e4);

export const tensorRequest = (parameters: object, data: unknown = pixels(0), shape = [1, 3, 32, 32]): RequestInit => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({ parameters, inputs: [{ name: 'input', datatype: 'FP32', shape, data }] }),
});

export const imageRequest = (bytes: Uint8Array, accept = 'application/json', type = 'image/jpeg'): RequestInit => ({
  method: 'POST',
  headers: { 'Content-Type': type, Accept: accept },
  body: bytes as Uint8Array<ArrayBuffer>,
});

export interface Output {
  readonly name: string;
  readonly shape: readonly number[];
  readonly datatype: string;
  readonly data: readonly (number | string)[];
}

/** The outputs of a JSON answer, by name. */
export async function outputsOf(response: Response): Promise<Record<string, Output>> {
  const { outputs } = (await response.json()) as { outputs: Output[] };
  return Object.fromEntries(outputs.map((output) => [output.name, output]));
}
