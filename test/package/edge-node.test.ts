import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { createEdge, type EdgeSettings } from '../../src/package/edge-node.ts';
import saliency from '../../src/plugins/gradient/saliency.ts';

const log = () => undefined;
const settings: EdgeSettings = { methods: [saliency], models: { cifar10: 'models/cifar10' }, log };
const cat = readFileSync('examples/photos/cat.jpg');

const explanation = (path = '/v2/models/cifar10/explain?method=saliency', headers: Record<string, string> = {}) =>
  new Request(`http://whylight.test${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'image/jpeg', ...headers },
    body: cat,
  });

async function problemOf(models: EdgeSettings['models']) {
  const lines: string[] = [];
  const edge = createEdge({
    ...settings,
    models,
    log: (_, message, facts = {}) => void lines.push(`${message} ${JSON.stringify(facts)}`),
  });
  const response = await edge.fetch(new Request('http://whylight.test/v2/models/broken'));
  return { status: response.status, lines: lines.join('\n') };
}

describe('createEdge in Node', () => {
  it('serves the methods and models of its settings', async () => {
    const edge = createEdge(settings);
    const methods = await edge.fetch(new Request('http://whylight.test/v2/methods'));
    expect(((await methods.json()) as { methods: { id: string }[] }).methods.map(({ id }) => id)).toEqual(['saliency']);
    const models = await edge.fetch(new Request('http://whylight.test/v2/models'));
    expect(await models.json()).toEqual({ models: [{ name: 'cifar10' }] });
  });

  it.each(['log', 'parts.log'])('writes its log to %s of the settings', async (place) => {
    const lines: string[] = [];
    const collect = (_: string, message: string) => void lines.push(message);
    const edge = createEdge({ ...settings, ...(place === 'log' ? { log: collect } : { parts: { log: collect } }) });
    await edge.fetch(new Request('http://whylight.test/v2'));
    expect(lines).toEqual(['request']);
  });

  it('logs that a model file is missing, or why it cannot be read', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'whylight-broken-'));
    const missing = await problemOf({ broken: folder });
    expect(missing.status).toBe(500);
    expect(missing.lines).toContain('manifest.json is missing');
    // A folder in place of a file fails for every user, where a file without permissions would not for root.
    rmSync(folder, { recursive: true });
    writeFileSync(folder, '');
    const unreadable = await problemOf({ broken: folder });
    expect(unreadable.status).toBe(500);
    expect(unreadable.lines).toContain('ENOTDIR');
    expect(unreadable.lines).not.toContain('is missing');
    rmSync(folder);
  });
});

describe('models of createEdge', () => {
  const bytes = new Uint8Array(readFileSync('models/cifar10/model.onnx'));
  const manifest = JSON.parse(readFileSync('models/cifar10/manifest.json', 'utf8'));
  const tensor = (model: string) =>
    new Request(`http://whylight.test/v2/models/${model}/explain?method=saliency`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        inputs: [{ name: 'input', datatype: 'FP32', shape: [1, 3, 32, 32], data: Array(3072).fill(0.5) }],
      }),
    });

  it('are paths, bytes, bytes with a manifest, or functions that return either', async () => {
    const models = {
      path: 'models/cifar10',
      bytes,
      given: { bytes, manifest },
      made: async () => ({ bytes, manifest }),
      found: () => 'models/cifar10',
    };
    const edge = createEdge({ ...settings, models });
    const answers = await Promise.all(
      Object.keys(models).map(async (name) => (await (await edge.fetch(tensor(name))).json()) as { outputs: object[] }),
    );
    const maps = answers.map(({ outputs }) => outputs.find((one) => 'name' in one && one.name === 'attribution'));
    expect(maps[0]).toBeDefined();
    for (const map of maps) expect(map).toEqual(maps[0]);
  });

  it('fail with the name of the model where a function returns something else', async () => {
    const { status, lines } = await problemOf({ broken: () => ({ data: bytes }) as never });
    expect(status).toBe(500);
    expect(lines).toContain('The model \\"broken\\" is neither a path nor bytes');
  });

  it('fail with the name of a file that the manifest names and nobody gave', async () => {
    const { lines } = await problemOf({ broken: { bytes, manifest: { external: ['weights.bin'] } } });
    expect(lines).toContain('names the file weights.bin, which is not among its \\"files\\"');
  });
});

describe('basePath of createEdge', () => {
  const edge = createEdge({ ...settings, basePath: '/explain/' });
  const get = (path: string) => edge.fetch(new Request(`http://whylight.test${path}`));

  it('is taken off the path of a request, or was by the router in front', async () => {
    for (const path of ['/explain/v2/models', '/v2/models']) {
      expect(await (await get(path)).json()).toEqual({ models: [{ name: 'cifar10' }] });
    }
    expect((await get('/explain')).status).toBe((await get('/')).status);
    expect((await get('/explainer/v2')).status).toBe(404);
  });

  it('is the server of the OpenAPI document, and links of the page lead below it', async () => {
    const document = (await (await get('/explain/openapi.json')).json()) as { servers: unknown };
    expect(document.servers).toMatchObject([{ url: '/explain' }]);
    expect((await get('/explain/docs')).headers.get('Location')).toBe('/explain/docs/api');
    const page = await (await get('/explain/docs/api')).text();
    const links = [...page.matchAll(/(?:href|src)="([^"#][^"]*)"/g)].map(([, link = '']) => link);
    const paths = links.map((link) => new URL(link, 'http://whylight.test/explain/docs/api').pathname);
    expect(paths).toEqual(['/explain/openapi.json']);
  });

  it('is part of the paths that problems name', async () => {
    const { detail } = (await (await get('/explain/v3')).json()) as { detail: string };
    expect(detail).toBe('There is nothing at /explain/v3. GET /explain/openapi.json lists the paths of this server.');
  });

  it('works below the mount of another Hono app', async () => {
    const host = new Hono().mount('/explain', edge.fetch);
    const response = await host.request(explanation('/explain/v2/models/cifar10/explain?method=saliency'));
    expect(response.status).toBe(200);
  });

  it('is refused where it is no path', () => {
    expect(() => createEdge({ ...settings, basePath: 'explain' })).toThrow('basePath is "explain"');
  });
});

describe('authenticate of createEdge', () => {
  const edge = createEdge({
    ...settings,
    tenants: { '*': { methods: [] }, acme: {}, closed: { disabled: true } },
    authenticate: (request) => {
      const name = request.headers.get('Authorization') ?? undefined;
      return name === 'reader' ? { tenant: 'acme', scopes: ['predict'] } : name;
    },
  });
  const status = async (name?: string) =>
    (await edge.fetch(explanation(undefined, name === undefined ? {} : { Authorization: name }))).status;

  it('names the tenant of a request, whose credential nobody else reads', async () => {
    expect(await status('acme')).toBe(200);
  });

  it('refuses a request without a tenant, and one of a disabled tenant', async () => {
    expect(await status()).toBe(401);
    expect(await status('closed')).toBe(401);
  });

  it('limits a request to the scopes that it returns', async () => {
    expect(await status('reader')).toBe(403);
  });

  it('gives a tenant that is not configured the policy of everybody', async () => {
    expect(await status('unknown-customer')).toBe(403);
  });

  it('may not return a name that no tenant can have', async () => {
    expect(await status('../acme')).toBe(500);
  });
});

describe('cache of createEdge', () => {
  const twice = async (options: Partial<EdgeSettings>) => {
    const edge = createEdge({ ...settings, ...options });
    const states: unknown[] = [];
    for (const _ of [1, 2]) {
      states.push((await edge.fetch(explanation())).headers.get('X-Whylight-Cache'));
      // Answers are stored after they were sent.
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    return states;
  };

  it('is in memory by default, and "none" turns it off', async () => {
    expect(await twice({})).toEqual(['miss', 'hit']);
    expect(await twice({ cache: 'none' })).toEqual(['miss', 'miss']);
  });

  it('is a store of bytes that several processes share', async () => {
    const kept = new Map<string, Uint8Array>();
    const cache = {
      getItemRaw: async (key: string) => kept.get(key) ?? null,
      setItemRaw: async (key: string, value: Uint8Array) => void kept.set(key, Buffer.from(value)),
    };
    expect(await twice({ cache })).toEqual(['miss', 'hit']);
    expect(await twice({ cache })).toEqual(['hit', 'hit']);
    expect([...kept.keys()]).toEqual([expect.stringMatching(/^whylight:[0-9a-f]{64}$/)]);
  });

  it('computes anew what a store has damaged', async () => {
    const cache = { getItemRaw: async () => new Uint8Array(100), setItemRaw: async () => undefined };
    expect(await twice({ cache })).toEqual(['miss', 'hit']);
  });
});

describe('limits of createEdge', () => {
  it('replace single limits of the server', async () => {
    const edge = createEdge({ ...settings, limits: { maxBody: 1000 } });
    expect((await edge.fetch(explanation())).status).toBe(413);
  });

  it('are refused under names that no limit has', () => {
    const limits = { maxBodies: 1000 } as EdgeSettings['limits'];
    expect(() => createEdge({ ...settings, ...(limits && { limits }) })).toThrow('no limit named maxBodies');
  });
});
