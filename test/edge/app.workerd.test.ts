import { exports } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { appWith } from '../support/app.ts';

const ask = appWith();
const worker = (exports as unknown as { default: Fetcher }).default;

describe('the Worker', () => {
  it('answers /v2/health/ready through its own entry', async () => {
    const response = await worker.fetch('https://whylight.test/v2/health/ready');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ ready: true, checks: { models: 'ok', engine: 'ok', cache: 'ok' } });
  });

  it('does not serve model files from the assets', async () => {
    for (const path of ['/cifar10/model.onnx', '/cifar10/manifest.json', '/models/cifar10/model.onnx', '/graphs/']) {
      const response = await worker.fetch(`https://whylight.test${path}`);
      expect([response.status, await response.json()]).toEqual([404, expect.objectContaining({ code: 'not_found' })]);
    }
  });
});

describe('server metadata', () => {
  it('lists the extensions of the protocol and reports live', async () => {
    expect(await (await ask('/v2')).json()).toMatchObject({
      name: 'whylight',
      extensions: expect.arrayContaining(['explain', 'binary_tensor_data']),
    });
    expect(await (await ask('/v2/health/live')).json()).toEqual({ live: true });
  });

  it('reports not ready when a model cannot be read', async () => {
    const { ModelCatalogue } = await import('../../src/edge/models/catalogue.ts');
    const models = new ModelCatalogue({ names: ['x'], open: () => Promise.reject(new Error('no such file')) });
    expect((await appWith({ models })('/v2/health/ready')).status).toBe(503);
  });

  it('tells which methods apply to a model, and their cost', async () => {
    const { methods } = (await (await ask('/v2/methods?model=cifar10')).json()) as { methods: { id: string }[] };
    const by = (id: string) => methods.find((method) => method.id === id);
    expect(by('grad_cam')).toMatchObject({ applies: true, rows: { forwards: 0, backwards: 1 } });
    expect(by('attention_rollout')).toMatchObject({ applies: false, refusal: expect.stringContaining('no attention') });
    expect((await ask('/v2/methods?model=nothing')).status).toBe(404);
  });

  it('describes models and their versions', async () => {
    const { models } = (await (await ask('/v2/models')).json()) as { models: { name: string }[] };
    expect(models.map(({ name }) => name)).toEqual([
      'everyday',
      'cifar10',
      'movie_reviews',
      'penguins',
      'adult_income',
      'italy_power',
      'speech_digits',
    ]);
    const description = {
      name: 'cifar10',
      versions: ['1'],
      inputs: [{ name: 'input', datatype: 'FP32', shape: [-1, 3, 32, 32] }],
      outputs: [{ name: 'logits', datatype: 'FP32', shape: [-1, 10] }],
      labels: expect.arrayContaining(['cat']),
      target_layer: expect.any(String),
    };
    expect(await (await ask('/v2/models/cifar10')).json()).toMatchObject(description);
    expect(await (await ask('/v2/models/cifar10/versions/1')).json()).toMatchObject(description);
    expect(await (await ask('/v2/models/cifar10/ready')).json()).toEqual({ name: 'cifar10', ready: true });
    expect((await ask('/v2/models/cifar10/versions/2')).status).toBe(404);
  });

  it('describes methods and which of them a tenant may use', async () => {
    const list = async (headers: HeadersInit = {}) =>
      ((await (await ask('/v2/methods', { headers })).json()) as { methods: { id: string; enabled: boolean }[] })
        .methods;
    const enabled = (methods: { id: string; enabled: boolean }[]) =>
      methods.filter((m) => m.enabled).map(({ id }) => id);
    expect(enabled(await list())).toEqual(expect.arrayContaining(['saliency', 'grad_cam', 'occlusion']));
    expect(enabled(await list({ 'X-Api-Key': 'whylight-demo' })).sort()).toEqual(['grad_cam', 'saliency']);
    expect(await (await ask('/v2/methods/occlusion')).json()).toMatchObject({
      id: 'occlusion',
      strategy: 'perturbation',
      parameters: { type: 'object', properties: { strides: {} } },
      presets: { captum: { strides: [1] } },
    });
  });
});

describe('every request', () => {
  it('has a generated request id, or the one that the client sent', async () => {
    expect((await ask('/v2')).headers.get('X-Request-Id')).toMatch(/^[0-9a-f-]{36}$/);
    const response = await ask('/nothing', { headers: { 'X-Request-Id': 'abc-1' } });
    expect(response.headers.get('X-Request-Id')).toBe('abc-1');
    expect(await response.json()).toMatchObject({ instance: 'abc-1' });
  });

  it('is answered with Server-Timing', async () => {
    expect((await ask('/v2')).headers.get('Server-Timing')).toMatch(/total;dur=/);
  });

  it('needs a valid API key or none', async () => {
    for (const headers of [{ Authorization: 'Bearer whylight-demo' }, { 'X-Api-Key': 'whylight-demo' }, {}] as Record<
      string,
      string
    >[]) {
      expect((await ask('/v2/models', { headers })).status).toBe(200);
    }
    for (const headers of [
      { Authorization: 'Bearer nobody' },
      { 'X-Api-Key': 'nobody' },
      { Authorization: 'Basic eDp5' },
    ] as Record<string, string>[]) {
      const response = await ask('/v2/models', { headers });
      expect([response.status, response.headers.get('WWW-Authenticate')]).toEqual([401, 'Bearer realm="whylight"']);
      expect(await response.json()).toMatchObject({ code: 'unauthorized' });
    }
  });

  it('is answered with 405 and Allow for an unsupported HTTP method', async () => {
    const wrong = await ask('/v2/models/cifar10/explain');
    expect([wrong.status, wrong.headers.get('Allow')]).toEqual([405, 'POST']);
    expect(await wrong.json()).toMatchObject({ code: 'method_not_allowed', allowed: ['POST'] });
    expect((await ask('/v2', { method: 'DELETE' })).headers.get('Allow')).toBe('GET, HEAD');
    expect((await ask('/v2', { method: 'HEAD' })).status).toBe(200);
  });

  it('gets problems as application/json on the paths of the protocols, unless it asks for RFC 9457', async () => {
    const typeOf = async (path: string, accept?: string) =>
      (await ask(path, { headers: accept === undefined ? {} : { Accept: accept } })).headers.get('Content-Type');
    expect(await typeOf('/v2/models/nope')).toBe('application/json');
    expect(await typeOf('/v1/models/nope', 'application/json')).toBe('application/json');
    expect(await typeOf('/v2/nope', '*/*')).toBe('application/json');
    expect(await typeOf('/v2/models/nope', 'application/json, application/problem+json;q=0.9')).toBe(
      'application/problem+json',
    );
    expect(await typeOf('/v3')).toBe('application/problem+json');
    expect(await typeOf('/admin/tenants')).toBe('application/problem+json');
  });

  it('logs the cause of an internal error and hides it from the client', async () => {
    const lines: string[] = [];
    const broken = appWith({
      log: (level, message, facts) => void lines.push(JSON.stringify({ level, message, ...facts })),
      tenants: {
        find: () => Promise.reject(new TypeError('secret of the house')),
      } as unknown as import('../../src/edge/tenants/directory.ts').TenantDirectory,
    });
    const response = await broken('/v2/models', { headers: { 'X-Request-Id': 'r-7' } });
    expect(response.status).toBe(500);
    const text = await response.text();
    expect(text).not.toContain('secret');
    expect(JSON.parse(text)).toMatchObject({ code: 'internal', instance: 'r-7' });
    const failures = lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 'error');
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatchObject({
      level: 'error',
      request_id: 'r-7',
      code: 'internal',
      message: 'request failed',
      reason: 'secret of the house',
    });
  });
});
