import { describe, expect, expectTypeOf, it } from 'vitest';
import { createApp } from '../../src/edge/app.ts';
import { client } from '../../src/edge/client.ts';
import { appWith, pixels, services } from '../support/app.ts';

const ask = appWith();

interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, { parameters?: { name: string }[]; tags: string[] }>>;
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
        const plain = path.replace(/:(\w+)(\{[^}]*\}+)?/g, '{$1}');
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

describe('GET /docs', () => {
  it('loads files of the same origin only', async () => {
    const page = await ask('/docs');
    expect(page.headers.get('Content-Security-Policy')).toContain("script-src 'self'");
    const html = await page.text();
    const sources = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => source as string);
    expect(sources.length).toBeGreaterThan(2);
    for (const source of sources) {
      expect(source).toMatch(/^\//);
      expect((await ask(source)).status).toBe(200);
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
