import { describe, expect, expectTypeOf, it } from 'vitest';
import { createApp } from '../../src/edge/app.ts';
import { client } from '../../src/edge/client.ts';
import { appWith, pixels, services } from '../support/app.ts';

const ask = appWith();

interface Operation {
  readonly parameters?: { readonly name: string; readonly schema?: { readonly example?: string } }[];
  readonly tags: string[];
  readonly requestBody?: { readonly content: Record<string, { readonly example?: unknown }> };
}

interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, unknown> };
}
const read = async (): Promise<Document> => (await ask('/openapi.json')).json();

describe('the OpenAPI document', () => {
  it('lists exactly the operations that are served', async () => {
    const { openapi, paths } = await read();
    expect(openapi).toBe('3.1.0');
    const described = Object.entries(paths).flatMap(([path, verbs]) =>
      Object.keys(verbs).map((verb) => `${verb.toUpperCase()} ${path}`),
    );
    const own = /^\/(openapi\.json|docs.*|metrics|)$/;
    const served = createApp(services)
      .routes.filter(({ method, path }) => method !== 'ALL' && !path.includes('*') && !own.test(path))
      .flatMap(({ method, path }) => {
        const plain = path.replace(/:(\w+)(\{[^}]*\}+)?/g, '{$1}').replace(/\/$/, '');
        return path.includes('target')
          ? ['explain', 'predict'].map((verb) => `${method} /v1/models/{model}:${verb}`)
          : [`${method} ${plain}`];
      });
    expect([...new Set(described)].sort()).toEqual([...new Set(served)].sort());
  });

  it('lists the parameters of an explanation, and has no dangling references', async () => {
    const document = await read();
    const names = document.paths['/v2/models/{model}/explain']?.post?.parameters?.map(({ name }) => name);
    for (const name of ['model', 'method', 'target', 'seed', 'route', 'deadline_ms', 'colormap', 'polarity'])
      expect(names).toContain(name);
    const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(
      ([, name]) => name,
    );
    expect(references.length).toBeGreaterThan(10);
    for (const name of references) expect(Object.keys(document.components.schemas)).toContain(name);
  });
});

describe('the examples of the OpenAPI document', () => {
  it.each(['infer', 'explain', 'explain/estimate'])('are answered by POST %s', async (verb) => {
    const { paths } = await read();
    const operation = paths[`/v2/models/{model}/${verb}`]?.post;
    const model = operation?.parameters?.find(({ name }) => name === 'model')?.schema?.example;
    const body = JSON.stringify(operation?.requestBody?.content['application/json']?.example);
    const headers = { 'Content-Type': 'application/json' };
    const answer = await ask(`/v2/models/${model}/${verb}`, { method: 'POST', headers, body });
    expect([answer.status, await answer.json()]).toMatchObject([200, {}]);
  });

  it('are answered by the V1 protocol', async () => {
    const { paths } = await read();
    const body = JSON.stringify(
      paths['/v1/models/{model}:predict']?.post?.requestBody?.content['application/json']?.example,
    );
    const answer = await ask('/v1/models/italy_power:predict', { method: 'POST', body });
    expect(await answer.json()).toMatchObject({ predictions: [[expect.any(Number), expect.any(Number)]] });
  });
});

describe('GET /docs/api', () => {
  it('leaves /docs to the site of the documents', async () => {
    const answer = await ask('/docs', { redirect: 'manual' });
    expect([answer.status, answer.headers.get('Location')]).toEqual([302, '/docs/']);
  });

  it('is one file that runs and loads nothing', async () => {
    const page = await ask('/docs/api');
    const policy = page.headers.get('Content-Security-Policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/script-src|unsafe/);
    const html = await page.text();
    expect(html).not.toMatch(/<script|<link|<img|\ssrc=|@import|url\(/);
    const style = /<style>(.*?)<\/style>/s.exec(html)?.[1] ?? '';
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(style));
    expect(policy).toContain(`'sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}'`);
  });

  it('shows every operation and schema, and links to what exists', async () => {
    const html = await (await ask('/docs/api')).text();
    const document = await read();
    for (const path of Object.keys(document.paths)) expect(html).toContain(`<code>${path}</code>`);
    for (const name of Object.keys(document.components.schemas)) expect(html).toContain(`id="schema-${name}"`);
    const targets = [...html.matchAll(/href="([^"]+)"/g)].map(([, target]) => target as string);
    expect(targets.length).toBeGreaterThan(20);
    for (const target of new Set(targets)) {
      if (target.startsWith('#')) expect(html).toContain(`id="${target.slice(1)}"`);
      else expect((await ask(new URL(target, 'http://whylight.test/docs/api').pathname)).status).toBe(200);
    }
  });
});

describe('the typed client', () => {
  const api = client('https://whylight.test', {
    fetch: (input: RequestInfo | URL, init?: RequestInit) => {
      const { pathname, search } = new URL(String(input));
      return ask(`${pathname}${search}`, init);
    },
  });
  const inputs = [{ name: 'input', datatype: 'FP32', shape: [1, 3, 32, 32], data: pixels(0) }];

  it('requests methods, estimates and explanations', async () => {
    const { methods } = await (await api.v2.methods.$get()).json();
    expectTypeOf(methods[0]?.id).toEqualTypeOf<string | undefined>();
    expect(methods.map(({ id }) => id)).toContain('grad_cam');
    const asked = { param: { model: 'cifar10' }, query: { method: 'saliency' }, json: { inputs } };
    const estimate = await (await api.v2.models[':model'].explain.estimate.$post(asked)).json();
    expect(estimate).toMatchObject({ route: 'edge', backwards: 1 });
    const { outputs, model_name } = await (await api.v2.models[':model'].explain.$post(asked)).json();
    expect(model_name).toBe('cifar10');
    expect(outputs.map(({ name }) => name)).toContain('saliency_map');
  });
});
