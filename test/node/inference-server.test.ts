/** Both ends of the Open Inference Protocol over TCP: one server holds compiled graphs, the other one explains with them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Model } from '../../src/core/model/model.ts';
import { folderModels } from '../../src/node/model-folders.ts';
import { type Serving, serve } from '../../src/node/serve.ts';
import gradCam from '../../src/plugins/activation/grad-cam.ts';
import integratedGradients from '../../src/plugins/gradient/integrated-gradients.ts';
import saliency from '../../src/plugins/gradient/saliency.ts';
import occlusion from '../../src/plugins/perturbation/occlusion.ts';
import rise from '../../src/plugins/perturbation/rise.ts';
import { graphModels } from '../support/graph-servers.ts';
import { ORIGIN } from '../support/origin-settings.ts';

const models = { cifar10: 'models/cifar10' };
const shared = {
  ...ORIGIN,
  host: '127.0.0.1',
  port: 0,
};
const folder = mkdtempSync(join(tmpdir(), 'whylight-graphs-'));
const running: Serving[] = [];
const started = async (options: Parameters<typeof serve>[0]): Promise<string> => {
  const serving = await serve(options);
  running.push(serving);
  return serving.url;
};

let graphs: string;
let byItself: string;
let elsewhere: string;

beforeAll(async () => {
  const model = await Model.read(await folderModels(models).open('cifar10'));
  const exported = await graphModels(model, [saliency, integratedGradients, gradCam, occlusion, rise]);
  for (const { manifest, files } of exported) {
    mkdirSync(join(folder, manifest.name));
    writeFileSync(join(folder, manifest.name, 'manifest.json'), JSON.stringify(manifest));
    for (const { path, data } of files) writeFileSync(join(folder, manifest.name, path), data);
  }
  const names = exported.map(({ manifest }) => manifest.name);
  graphs = await started({ ...shared, models: Object.fromEntries(names.map((name) => [name, join(folder, name)])) });
  byItself = await started({ ...shared, models });
  elsewhere = await started({ ...shared, models, inferenceServer: graphs });
});
afterAll(async () => {
  await Promise.all(running.map((serving) => serving.stop()));
  rmSync(folder, { recursive: true });
});

const pixels = Array.from({ length: 3072 }, (_, i) => Math.sin(i * 0.03));
const ask = (url: string, query: string): Promise<Response> =>
  fetch(`${url}/v2/models/cifar10/explain?${query}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ inputs: [{ name: 'input', datatype: 'FP32', shape: [1, 3, 32, 32], data: pixels }] }),
  });

async function attribution(url: string, query: string): Promise<number[]> {
  const response = await ask(url, query);
  expect(response.status).toBe(200);
  const { outputs } = (await response.json()) as { outputs: { name: string; data: number[] }[] };
  return outputs.find(({ name }) => name === 'attribution')?.data as number[];
}

it.each([
  'method=saliency',
  'method=integrated_gradients&n_steps=64',
  'method=grad_cam',
  'method=occlusion&sliding_window_shape=8&strides=4',
  'method=rise&n_masks=200&seed=3',
])('%s gives the same map with graphs that run on an inference server', async (query) => {
  const [here, there] = await Promise.all([attribution(byItself, query), attribution(elsewhere, query)]);
  const largest = Math.max(...here.map(Math.abs));
  expect(largest).toBeGreaterThan(0);
  const error = Math.max(...here.map((value, i) => Math.abs(value - (there[i] as number))));
  expect(error / largest).toBeLessThan(1e-4);
});

it('an explanation fails with origin_error when the inference server lacks a graph', async () => {
  const response = await fetch(`${elsewhere}/v2/models/cifar10/explain?method=deconvolution`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ inputs: [{ name: 'input', datatype: 'FP32', shape: [1, 3, 32, 32], data: pixels }] }),
  });
  expect([response.status, await response.json()]).toEqual([502, expect.objectContaining({ code: 'origin_error' })]);
});

it('the server is ready while the inference server is', async () => {
  const response = await fetch(`${elsewhere}/v2/health/ready`);
  expect([response.status, await response.json()]).toMatchObject([200, { checks: { engine: 'ok' } }]);
});

/** An inference server that accepts requests and never answers those below `path`. */
async function hanging(path: string) {
  const server = createServer(async (request, response) => {
    if (request.url?.endsWith(path)) return;
    const answer = await fetch(`${graphs}${request.url}`);
    response.writeHead(answer.status).end(await answer.text());
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  running.push({
    url: '',
    stop: async () => {
      server.closeAllConnections();
      server.close();
    },
  } as Serving);
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it.each([
  ['with the values', '/infer'],
  ['with the description of the graph', ''],
])('deadline_ms ends the wait for an inference server that hangs %s', async (_, path) => {
  const url = await started({ ...shared, models, inferenceServer: await hanging(path) });
  const response = await ask(url, 'method=saliency&deadline_ms=300');
  expect([response.status, await response.json()]).toMatchObject([504, { code: 'deadline_exceeded' }]);
});

it('clients see no address of an inference server that is gone, and when to come back', async () => {
  const url = await started({ ...shared, models, inferenceServer: 'http://127.0.0.1:9' });
  const response = await ask(url, 'method=saliency');
  const text = await response.text();
  expect([response.status, response.headers.get('Retry-After')]).toEqual([503, '1']);
  expect(JSON.parse(text)).toMatchObject({ code: 'origin_unavailable', retry_after: 1 });
  expect(text).not.toContain('127.0.0.1');
});
