/** The Worker as both ends of the Open Inference Protocol: it holds compiled graphs, and it explains on another server. */
import { beforeAll, expect, it } from 'vitest';
import * as configured from '#worker-plugins';
import { Model } from '../../src/core/model/model.ts';
import { assetModels } from '../../src/edge/models/assets.ts';
import { workerServices } from '../../src/edge/workerd/worker-module.ts';
import gradCam from '../../src/plugins/activation/grad-cam.ts';
import integratedGradients from '../../src/plugins/gradient/integrated-gradients.ts';
import occlusion from '../../src/plugins/perturbation/occlusion.ts';
import { openInferenceEngine } from '../../src/protocol/open-inference-engine.ts';
import { type Ask, appWith, bindings, outputsOf, tensorRequest } from '../support/app.ts';
import { graphModels } from '../support/graph-servers.ts';
import { keyOf, tenantApp } from '../support/tenants.ts';

const EXPLAIN = '/v2/models/cifar10/explain';
const key = 'graphs-key';
let holder: Ask;
let explaining: Ask;
/** Bodies that went from one to the other. */
let asked: string[];

beforeAll(async () => {
  holder = tenantApp({ graphs: { keys: [await keyOf(key, ['predict', 'admin'])] } });
  const model = await Model.read(await assetModels(bindings.MODELS, configured.models, 'models').open('cifar10'));
  for (const { manifest, files } of await graphModels(model, [integratedGradients, gradCam, occlusion])) {
    const head = new TextEncoder().encode(
      JSON.stringify({
        manifest,
        files: files.map(({ path, data }) => ({ path, binary_data_size: data.byteLength })),
      }),
    );
    const { status } = await holder(`/v2/models/${manifest.name}/versions/1`, {
      method: 'PUT',
      headers: {
        'X-Api-Key': key,
        'Content-Type': 'application/octet-stream',
        'Inference-Header-Content-Length': String(head.length),
      },
      body: new Blob([head, ...files.map(({ data }) => data)] as Uint8Array<ArrayBuffer>[]),
    });
    expect(status).toBe(201);
  }
  asked = [];
  const engine = openInferenceEngine({
    url: 'https://whylight.test',
    headers: { 'X-Api-Key': key },
    fetch: (url, init) => {
      const { pathname } = new URL(url);
      asked.push(pathname);
      return holder(pathname, init);
    },
  });
  // Composed as the Worker composes itself: its limits decide how graphs are compiled, and so their names.
  const served = { ...bindings, INFERENCE_SERVER: 'https://whylight.test' };
  const { explainer } = workerServices(served, configured, { parts: { engine } });
  explaining = appWith({ explainer });
});

it.each([
  { method: 'integrated_gradients', n_steps: 20 },
  { method: 'grad_cam' },
  { method: 'occlusion', sliding_window_shape: 8, strides: 8 },
])('$method gives the same map with graphs that run on an inference server', async (parameters) => {
  const request = tensorRequest(parameters);
  const fresh = { ...request, headers: { ...request.headers, 'Cache-Control': 'no-store' } };
  const before = asked.length;
  const there = (await outputsOf(await explaining(EXPLAIN, fresh))).attribution?.data as number[];
  expect(asked.slice(before).filter((path) => path.endsWith('/infer')).length).toBeGreaterThan(0);
  const here = (await outputsOf(await appWith()(EXPLAIN, fresh))).attribution?.data as number[];
  const largest = Math.max(...here.map(Math.abs));
  const error = Math.max(...here.map((value, i) => Math.abs(value - (there[i] as number))));
  expect(largest).toBeGreaterThan(0);
  expect(error / largest).toBeLessThan(1e-4);
});

it('an explanation fails with origin_unavailable when INFERENCE_SERVER does not respond', async () => {
  const { explainer } = workerServices({ ...bindings, INFERENCE_SERVER: 'http://127.0.0.1:9' }, configured);
  const response = await appWith({ explainer })(EXPLAIN, tensorRequest({ method: 'saliency', seed: 99 }));
  expect([response.status, await response.json()]).toEqual([
    503,
    expect.objectContaining({ code: 'origin_unavailable' }),
  ]);
});

it.each([
  [500, 502, 'origin_error'],
  [429, 503, 'overloaded'],
])('keeps the words of an inference server that answers %i in the log', async (status, expected, code) => {
  const inner = 'http://10.1.2.3:8000/inner';
  const engine = openInferenceEngine({
    url: 'https://whylight.test',
    fetch: async () => Response.json({ error: `boom at ${inner}` }, { status }),
  });
  const served = { ...bindings, INFERENCE_SERVER: 'https://whylight.test' };
  const { explainer } = workerServices(served, configured, { parts: { engine } });
  const lines: unknown[] = [];
  const ask = appWith({ explainer, log: (_, message, facts) => void lines.push({ message, ...facts }) });
  const response = await ask(EXPLAIN, tensorRequest({ method: 'saliency', seed: status }));
  const text = await response.text();
  expect([response.status, JSON.parse(text).code]).toEqual([expected, code]);
  expect(text).not.toContain('10.1.2.3');
  expect(JSON.stringify(lines)).toContain(inner);
});
