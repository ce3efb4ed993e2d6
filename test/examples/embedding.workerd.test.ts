/** The example of a Worker that embeds the app, in workerd with its real bindings. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { describe, expect, it, vi } from 'vitest';
import worker from '../../examples/embedding-worker/src/index.ts';
import { createEdge } from '../../src/package/edge-worker.ts';
import saliency from '../../src/plugins/gradient/saliency.ts';
import { bindings, pixels, tensorRequest } from '../support/app.ts';

const log = () => undefined;

async function ask(app: Pick<typeof worker, 'fetch'>, path: string, init: RequestInit = {}, used: object = bindings) {
  const context = createExecutionContext();
  const response = await app.fetch(new Request(`https://own.test${path}`, init), used, context);
  await waitOnExecutionContext(context);
  return response;
}

describe('the example of a Worker', () => {
  it('answers its own page, and explanations below /explain', async () => {
    expect(await (await ask(worker, '/')).text()).toContain('/explain/v2/models/cifar10/explain');
    const response = await ask(worker, '/explain/v2/models/cifar10/explain?method=grad_cam', tensorRequest({}));
    expect(response.status).toBe(200);
  });

  it('runs explanations as jobs, whose address is below /explain', async () => {
    const path = '/explain/v2/models/cifar10/explain?method=occlusion&route=job';
    const accepted = await ask(worker, path, tensorRequest({}, pixels(77)));
    expect(accepted.status).toBe(202);
    const { id, location } = (await accepted.json()) as { id: string; location: string };
    expect(location).toBe(`/explain/v2/jobs/${id}`);
    expect(accepted.headers.get('Location')).toBe(location);
    const context = createExecutionContext();
    const message = {
      body: { task: 'run' as const, tenant: '*', id },
      attempts: 1,
      ack: () => undefined,
      retry: () => undefined,
    };
    await worker.queue({ queue: 'whylight-jobs', messages: [message] }, bindings, context);
    await waitOnExecutionContext(context);
    // The queue of the test delivers to the project's own Worker, too: whoever comes first runs the job.
    const ended = () =>
      vi.waitUntil(async () => {
        const job = (await (await ask(worker, location)).json()) as { status: string; result?: string };
        return job.status === 'succeeded' && job;
      }, 20_000);
    const { result = '' } = await ended();
    expect(result).toBe(`${location}/result`);
    expect((await ask(worker, result)).status).toBe(200);
  });
});

describe('createEdge in a Worker', () => {
  const manifest = { labels: Array.from({ length: 10 }, (_, i) => `class${i}`) };

  it('takes a model by a function of the bindings, and needs no static assets', async () => {
    const bytes = await (await bindings.MODELS.fetch('https://assets.invalid/cifar10/model.onnx')).arrayBuffer();
    const models = { own: ({ OWN }: { readonly OWN: ArrayBuffer }) => ({ bytes: new Uint8Array(OWN), manifest }) };
    const edge = createEdge({ methods: [saliency], models, log });
    const request = tensorRequest({ method: 'saliency' });
    const response = await ask(edge, '/v2/models/own/explain', request, { OWN: bytes });
    expect(response.status).toBe(200);
    expect(response.headers.get('X-Whylight-Label')).toMatch(/^class\d$/);
  });

  it('logs the address among the assets that a model is missing at', async () => {
    const lines: string[] = [];
    const edge = createEdge({
      methods: [saliency],
      models: { mine: 'assets/models/mine' },
      assets: './assets',
      log: (_, message, facts = {}) => void lines.push(`${message} ${JSON.stringify(facts)}`),
    });
    expect((await ask(edge, '/v2/models/mine')).status).toBe(500);
    expect(lines.join()).toContain('The static assets have no /models/mine/manifest.json.');
  });

  it('logs that a model in a folder needs static assets', async () => {
    const lines: string[] = [];
    const edge = createEdge({
      methods: [saliency],
      models: { mine: 'models/mine' },
      log: (_, message, facts = {}) => void lines.push(`${message} ${JSON.stringify(facts)}`),
    });
    expect((await ask(edge, '/v2/models/mine', {}, {})).status).toBe(500);
    expect(lines.join()).toContain('bind them as MODELS, or give the model as bytes or as a function');
  });
});
