/** Erasure of a tenant's data over the real KV, R2 and Durable Objects. */
import { describe, expect, it } from 'vitest';
import type { PluginEntry } from '../../../src/core/method/registry.ts';
import { methodState } from '../../../src/edge/cache/method-state.ts';
import { bindings, pixels, services, tensorRequest } from '../../support/app.ts';
import { keyOf, request, tenantApp } from '../../support/tenants.ts';
import { identityModel } from '../../support/tiny-models.ts';
import { method } from '../../support/trial-method.ts';

const base = {
  house: { operator: true, keys: [await keyOf('op', ['admin'])] },
  forgetful: { keys: [await keyOf('forgetful', ['predict', 'explain', 'admin'])] },
  lasting: { keys: [await keyOf('lasting', ['predict', 'explain', 'admin'])] },
  silent: { keys: [await keyOf('silent')], keep_nothing: true },
};
const ask = tenantApp(base);
const explain = (key: string, params: object, headers = {}) => {
  const init = tensorRequest(params, pixels(77));
  return ask('/v2/models/cifar10/explain', { ...init, headers: { ...init.headers, 'X-Api-Key': key, ...headers } });
};
const answersOf = async (owner: string): Promise<number> => {
  const { keys } = await bindings.RESULTS.list<{ owner?: string }>();
  return keys.filter(({ metadata }) => metadata?.owner === owner).length;
};
const filesOf = async (bucket: R2Bucket, prefix: string): Promise<number> =>
  (await bucket.list({ prefix })).objects.length;
const model = identityModel().graph as Uint8Array<ArrayBuffer>;
const upload = (key: string) =>
  ask('/v2/models/mine/versions/1', {
    method: 'PUT',
    headers: {
      'X-Api-Key': key,
      'Content-Type': 'application/octet-stream',
      'Content-Length': String(model.length),
    },
    body: model,
  });

interface Erased {
  readonly answers: number;
  readonly jobs: number;
  readonly models: number;
  readonly done: boolean;
  readonly cursor?: string;
}

async function erase(tenant: string): Promise<Erased> {
  const total = { answers: 0, jobs: 0, models: 0, done: false };
  let cursor: string | undefined;
  while (!total.done) {
    const response = await ask(`/admin/tenants/${tenant}/erase`, request('POST', 'op', cursor ? { cursor } : {}));
    expect(response.status).toBe(200);
    const part = (await response.json()) as Erased;
    for (const name of ['answers', 'jobs', 'models'] as const) total[name] += part[name];
    total.done = part.done;
    cursor = part.cursor;
  }
  return total;
}

describe('POST /admin/tenants/{tenant}/erase', () => {
  it('removes answers, jobs and models of one tenant, and of no other', async () => {
    for (const key of ['forgetful', 'lasting']) {
      expect((await explain(key, { method: 'saliency', seed: 1 })).status).toBe(200);
      expect((await explain(key, { method: 'saliency', seed: 2, route: 'job' })).status).toBe(202);
      expect((await upload(key)).status).toBe(201);
    }
    for (const [bucket, prefix] of [
      [bindings.JOB_FILES, 'forgetful/'],
      [bindings.UPLOADS, 'tenants/forgetful/'],
    ] as const) {
      expect(await filesOf(bucket as R2Bucket, prefix)).toBeGreaterThan(0);
    }
    await expect.poll(() => answersOf('forgetful')).toBeGreaterThan(0);
    const others = await answersOf('lasting');

    const { answers, jobs, models } = await erase('forgetful');
    expect([answers > 0, jobs, models]).toEqual([true, 1, 1]);
    expect(await answersOf('forgetful')).toBe(0);
    expect(await filesOf(bindings.JOB_FILES as R2Bucket, 'forgetful/')).toBe(0);
    expect(await filesOf(bindings.UPLOADS as R2Bucket, 'tenants/forgetful/')).toBe(0);

    expect(await answersOf('lasting')).toBeGreaterThanOrEqual(others);
    expect(await filesOf(bindings.JOB_FILES as R2Bucket, 'lasting/')).toBeGreaterThan(0);
    expect(await filesOf(bindings.UPLOADS as R2Bucket, 'tenants/lasting/')).toBeGreaterThan(0);
    const again = await explain('forgetful', { method: 'saliency', seed: 1 });
    expect(again.headers.get('X-Whylight-Cache')).toBe('miss');
  });

  it('removes what is left of models that were deleted, or whose index is damaged', async () => {
    const uploads = bindings.UPLOADS as R2Bucket;
    expect((await upload('forgetful')).status).toBe(201);
    expect((await ask('/v2/models/mine', request('DELETE', 'forgetful'))).status).toBe(204);
    await uploads.put('tenants/forgetful/broken/index.json', '{"versions":');
    await uploads.put('tenants/forgetful/broken/files/one/digest', 'content');
    expect(await filesOf(uploads, 'tenants/forgetful/')).toBe(3);
    expect((await erase('forgetful')).models).toBe(2);
    expect(await filesOf(uploads, 'tenants/forgetful/')).toBe(0);
  });

  it('removes what methods keep for the tenant', async () => {
    await erase('forgetful');
    const waiting: Promise<unknown>[] = [];
    const tenantOf = (purges: number) => ({
      id: 'forgetful',
      cache: { seconds: 600, isolation: 'tenant' as const },
      generations: { all: { tenant: 0, models: {} }, own: { tenant: purges, models: {} } },
    });
    const options = { cache: services.cache, log: () => undefined, tenant: tenantOf(0) };
    const states = methodState({ ...options, waitUntil: (promise) => void waiting.push(promise) });
    const state = states({ method: method({ id: 'counting' }) } as PluginEntry);
    await state.put('seen', Uint8Array.of(7));
    await Promise.all(waiting);
    expect(await state.get('seen')).toEqual(Uint8Array.of(7));
    const purged = methodState({ ...options, tenant: tenantOf(1), waitUntil: () => undefined });
    expect(await purged({ method: method({ id: 'counting' }) } as PluginEntry).get('seen')).toBe(undefined);
    expect(await answersOf('forgetful')).toBe(1);
    expect((await erase('forgetful')).answers).toBe(1);
    expect(await answersOf('forgetful')).toBe(0);
  });

  it('is refused to other tenants, as if there were no such tenant', async () => {
    const response = await ask('/admin/tenants/forgetful/erase', request('POST', 'lasting', {}));
    expect(response.status).toBe(404);
  });
});

describe('a tenant of which nothing is kept', () => {
  it('has no stored answers and no jobs', async () => {
    for (let i = 0; i < 2; i++) {
      const response = await explain('silent', { method: 'saliency', seed: 3 });
      expect([response.status, response.headers.get('X-Whylight-Cache')]).toEqual([200, 'bypass']);
    }
    const job = await explain('silent', { method: 'saliency', seed: 4, route: 'job' });
    expect(job.status).toBe(422);
    expect(await answersOf('silent')).toBe(0);
    expect(await filesOf(bindings.JOB_FILES as R2Bucket, 'silent/')).toBe(0);
  });
});
