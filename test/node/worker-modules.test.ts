/** The Worker as it is deployed, whose modules are loaded by the requests that need them. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Inspector } from '../../bench/support/inspector.ts';
import { makeProject, type Project } from '../../bench/support/project.ts';
import { type Bundle, bundle, type RunningWorker, startWorker } from '../../bench/support/worker.ts';

let project: Project;
let bundled: Bundle;
let worker: RunningWorker;

beforeAll(async () => {
  project = await makeProject();
  bundled = await bundle(project.folder);
  worker = await startWorker(bundled);
}, 120_000);

afterAll(async () => {
  await worker.stop();
  await project.remove();
});

const photo = { 'Content-Type': 'image/jpeg' };
const cat = readFileSync('examples/photos/cat.jpg');
const explain = (query: string, accept = 'application/json'): [string, RequestInit] => [
  `/v2/models/cifar10/explain${query}`,
  { method: 'POST', headers: { ...photo, Accept: accept }, body: cat },
];
const text = { method: 'POST', headers: { 'Content-Type': 'text/plain' }, body: 'a wonderful film' };

describe('the deployed Worker', () => {
  it.each<[string, string, RequestInit?]>([
    ['a method that comes with the Worker', ...explain('?method=saliency')],
    ['a method that is loaded', ...explain('?method=rise&n_masks=4')],
    ['a method with rules of its own', ...explain('?method=guided_backprop')],
    ['a wrapper and the method inside it', ...explain('?method=smooth_grad&base_method=deep_lift&n_samples=2')],
    ['the method that the server chooses', ...explain('')],
    ['a layer in front of the last convolution', ...explain('?method=layer_gradient')],
    ['an image', ...explain('?method=saliency', 'image/png')],
    ['a drawing', ...explain('?method=saliency', 'image/svg+xml')],
    ['a page', ...explain('?method=saliency', 'text/html')],
    ['metrics', ...explain('?method=saliency&metrics=deletion')],
    ['an estimate', ...explain('/estimate?method=gradient_shap')],
    ['a comparison', '/v2/models/cifar10/compare?methods=grad_cam,occlusion', explain('')[1]],
    ['a text', '/v2/models/movie_reviews/explain?method=feature_ablation', text],
    ['the methods for a model', '/v2/methods?model=cifar10'],
    ['a method', '/v2/methods/kernel_shap'],
    ['the state of the server', '/v2/health/ready'],
    ['the models', '/v2/models'],
    ['a model', '/v2/models/cifar10'],
    ['the models of the V1 protocol', '/v1/models'],
    ['the OpenAPI document', '/openapi.json'],
    ['the page of the API', '/docs/api'],
  ])('answers a request for %s', async (_, path, init) => {
    const response = await fetch(`${worker.address}${path}`, init);
    const answer = await response.text();
    expect([path, response.status, response.ok ? '' : answer]).toEqual([path, 200, '']);
    expect(answer.length).toBeGreaterThan(50);
  });

  it('lists the jobs of a tenant that has submitted none', async () => {
    const response = await fetch(`${worker.address}/v2/jobs?limit=2`);
    expect([response.status, await response.json()]).toEqual([200, { jobs: [] }]);
  });

  it('refuses a token of nobody, for which it loads the library of tokens', async () => {
    const token = `${btoa('{"alg":"ES256"}')}.${btoa('{"iss":"https://nobody.example","aud":"us"}')}.c2ln`;
    const response = await fetch(`${worker.address}/v2/models`, { headers: { Authorization: `Bearer ${token}` } });
    expect(response.status).toBe(401);
  });
});

describe('a fresh isolate', () => {
  it('answers about a described model without the code that reads and compiles ONNX', async () => {
    const fresh = await startWorker(bundled, { inspected: true });
    try {
      const inspector = fresh.inspector as Inspector;
      const ask = async (query: string) => {
        const [path, init] = explain(query);
        expect((await fetch(`${fresh.address}${path}`, init)).status).toBe(200);
        return executed(inspector);
      };
      const files = await ask('?method=saliency');
      expect(files).toContain('src/core/explainer/restore-model.ts');
      expect(files.filter((file) => COMPILING.test(file))).toEqual([]);
      const later = await ask('?method=saliency&scores=output');
      expect(later.filter((file) => COMPILING.test(file)).length).toBeGreaterThan(50);
    } finally {
      await fresh.stop();
    }
  });
});

/** Files that parse, infer, simplify, differentiate and write graphs. */
const COMPILING =
  /@bufbuild|onnx-buf|^src\/core\/(onnx\/(read|infer|simplify|write|evaluate)|autodiff\/rules)\b|model\/model\.ts/;

/** Source files of the modules of which the isolate has executed something. */
async function executed(inspector: Inspector): Promise<string[]> {
  const { result } = await inspector.call<{ result: readonly { readonly url: string }[] }>(
    'Profiler.getBestEffortCoverage',
  );
  return result.flatMap(({ url }) => {
    const sources = bundled.maps.get(basename(url))?.payload.sources ?? [];
    return sources.map((file) => file.replace(/^(?:\.\.\/)+/, ''));
  });
}
