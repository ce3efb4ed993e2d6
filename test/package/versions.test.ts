/** Two versions of a method side by side: tenants are pinned to one, and answers name its build. */
import { describe, expect, it } from 'vitest';
import { createEdge } from '../../src/package/edge-node.ts';
import saliency from '../../src/plugins/gradient/saliency.ts';

const old = { ...saliency, id: 'saliency_old', revision: 1 };

const edge = createEdge({
  methods: [
    { method: saliency, build: 'saliency@2.0.0' },
    { method: old, build: 'saliency@1.4.1', unlisted: true },
  ],
  models: { cifar10: 'models/cifar10' },
  authenticate: (request) => request.headers.get('X-Customer') ?? undefined,
  tenants: {
    current: { methods: ['saliency'] },
    careful: { methods: ['saliency'], versions: { saliency: 'saliency_old' } },
    everything: { methods: '*', versions: { saliency: 'saliency_old' } },
    bounded: { versions: { saliency: 'saliency_old' }, parameters: { saliency: { pinned: { absolute: true } } } },
  },
  log: () => {},
});

const ask = (customer: string, path: string, init: RequestInit = {}) =>
  edge.fetch(new Request(`http://app.test/v2/${path}`, { ...init, headers: { 'X-Customer': customer } }));

async function explained(customer: string, parameters: object = {}) {
  const inputs = [{ name: 'input', datatype: 'FP32', shape: [1, 3, 32, 32], data: Array(3072).fill(0.5) }];
  const body = JSON.stringify({ parameters: { method: 'saliency', ...parameters }, inputs });
  const response = await ask(customer, 'models/cifar10/explain', { method: 'POST', body });
  return { status: response.status, ...((await response.json()) as { parameters?: object; code?: string }) };
}

describe('versions of a method', () => {
  it('are named by the build in each answer', async () => {
    const { parameters } = await explained('current');
    expect(parameters).toMatchObject({ method: 'saliency', method_build: 'saliency@2.0.0' });
  });

  it.each(['careful', 'everything'])(
    'run in place of the method for a tenant that is pinned (%s)',
    async (customer) => {
      const { parameters } = await explained(customer);
      expect(parameters).toMatchObject({ method: 'saliency_old', method_revision: 1, method_build: 'saliency@1.4.1' });
    },
  );

  it('may be asked for by their own ids by those who are pinned to them, and by nobody else', async () => {
    expect((await explained('careful', { method: 'saliency_old' })).status).toBe(200);
    expect(await explained('current', { method: 'saliency_old' })).toMatchObject({ status: 404 });
  });

  it('are listed in place of the method that they stand for', async () => {
    const idsFor = async (customer: string) => {
      const { methods } = (await (await ask(customer, 'methods')).json()) as { methods: { id: string }[] };
      return methods.map(({ id }) => id);
    };
    expect(await idsFor('careful')).toEqual(['saliency_old']);
    expect(await idsFor('current')).toEqual(['saliency']);
    expect(await (await ask('careful', 'methods/saliency')).json()).toMatchObject({ id: 'saliency_old' });
  });

  it('keep the rules for parameters of the method that they stand for', async () => {
    const { parameters = {} } = await explained('bounded');
    expect(parameters).toMatchObject({ method: 'saliency_old', absolute: true });
  });

  it('are described with the parameters that the tenant may give', async () => {
    const { parameters } = (await (await ask('bounded', 'methods/saliency')).json()) as {
      parameters: { properties: Record<string, object> };
    };
    expect(parameters.properties.absolute).toMatchObject({ default: true, const: true });
  });

  it('must be methods that exist', () => {
    const settings = { methods: [saliency], models: {}, tenants: { '*': { versions: { saliency: 'saliency_odl' } } } };
    expect(() => createEdge(settings)).toThrow('saliency_odl');
  });
});
