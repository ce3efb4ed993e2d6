/** The Worker as it is deployed, whose modules are loaded by the requests that need them. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeProject, type Project } from '../../bench/support/project.ts';
import { bundle, type RunningWorker, startWorker } from '../../bench/support/worker.ts';

let project: Project;
let worker: RunningWorker;

beforeAll(async () => {
  project = await makeProject();
  worker = await startWorker(await bundle(project.folder));
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
