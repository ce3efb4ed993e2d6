/** Jobs in workerd: real queue, Durable Object, R2 and KV. */
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { describe, expect, it, vi } from 'vitest';
import { consumeJobs } from '../../../src/edge/jobs/consumer.ts';
import type { JobDelivery } from '../../../src/edge/jobs/queue.ts';
import { signature, webhookSecret } from '../../../src/edge/jobs/webhook.ts';
import { OriginClient } from '../../../src/edge/origin/origin-client.ts';
import { OriginRunner } from '../../../src/edge/origin/origin-runner.ts';
import type { Services } from '../../../src/edge/services.ts';
import { imageFiles } from '../../core/image/image-files.ts';
import { appWith, bindings, imageRequest, outputsOf, services, tensorRequest } from '../../support/app.ts';

const ask = appWith();
const EXPLAIN = '/v2/models/cifar10/explain';
const quiet: Services['log'] = () => {};

interface View {
  readonly id: string;
  readonly status: string;
  readonly location: string;
  readonly result?: string;
  readonly attempts: number;
  readonly error?: { readonly code: string };
}

const later = (request: RequestInit, headers: Record<string, string> = {}): RequestInit => ({
  ...request,
  headers: { ...(request.headers as Record<string, string>), Prefer: 'respond-async', ...headers },
});
const submitted = async (request: RequestInit, headers?: Record<string, string>, from = ask): Promise<View> => {
  const response = await from(EXPLAIN, later(request, headers));
  expect(response.status).toBe(202);
  return response.json();
};
const viewOf = async (id: string): Promise<View> => (await ask(`/v2/jobs/${id}`)).json();
const settled = (id: string): Promise<View> =>
  vi.waitUntil(
    async () => {
      const view = await viewOf(id);
      return view.status !== 'queued' && view.status !== 'running' && view;
    },
    { timeout: 40_000, interval: 200 },
  );
/** Changes the last byte of a stored file, or cuts it off in the middle. */
async function damage(key: string, how: 'changed' | 'cut off'): Promise<void> {
  const bucket = bindings.JOB_FILES as R2Bucket;
  const bytes = new Uint8Array(await ((await bucket.get(key)) as R2ObjectBody).arrayBuffer());
  bytes[bytes.length - 1] = 255 - (bytes.at(-1) as number);
  await bucket.put(key, how === 'changed' ? bytes : bytes.subarray(0, bytes.length / 2));
}
const objectOf = (id: string, tenant = '*') => {
  const objects = bindings.JOBS as DurableObjectNamespace;
  return objects.get(objects.idFromName(`${tenant}\n${id}`));
};

describe('a job', () => {
  it('is accepted with 202, runs from the queue, and has the result of a direct request', async () => {
    const request = tensorRequest({ method: 'occlusion', target: 'ship', seed: 3 });
    const response = await ask(EXPLAIN, later(request));
    expect([response.status, response.headers.get('Preference-Applied')]).toEqual([202, 'respond-async']);
    const { id, location, status } = (await response.json()) as View;
    expect([response.headers.get('Location'), status]).toEqual([location, 'queued']);
    const view = await settled(id);
    expect(view).toMatchObject({ status: 'succeeded', attempts: 1, result: `${location}/result` });

    const job = await outputsOf(await ask(view.result as string));
    const again = await ask(EXPLAIN, request);
    expect(again.headers.get('X-Whylight-Cache')).toBe('hit');
    expect(await outputsOf(again)).toEqual(job);
    const anew = await ask(EXPLAIN, { ...request, headers: { ...request.headers, 'Cache-Control': 'no-store' } });
    expect(anew.headers.get('X-Whylight-Cache')).toBe('bypass');
    expect((await outputsOf(anew)).attribution).toEqual(job.attribution);
    // Somebody who would rather wait is not sent away when the answer is there.
    expect((await ask(EXPLAIN, later(request))).status).toBe(200);
  });

  it('draws its result over the submitted image', async () => {
    const { id } = await submitted(imageRequest(imageFiles.jpeg, 'application/json'), {}, (path, init) =>
      ask(`${path}?method=saliency&seed=41&colormap=viridis`, init),
    );
    await settled(id);
    const png = await ask(`/v2/jobs/${id}/result`, { headers: { Accept: 'image/png' } });
    const drawn = new Uint8Array(await png.arrayBuffer());
    expect(await services.codecs.decode(drawn)).toMatchObject({ width: 16, height: 12 });
    const other = await ask(`/v2/jobs/${id}/result?type=masked`, { headers: { Accept: 'image/png' } });
    expect(new Uint8Array(await other.arrayBuffer())).not.toEqual(drawn);
    const now = await ask(
      `${EXPLAIN}?method=saliency&seed=41&colormap=viridis`,
      imageRequest(imageFiles.jpeg, 'image/png'),
    );
    expect(new Uint8Array(await now.arrayBuffer())).toEqual(drawn);
  });

  it('is reused for the same Idempotency-Key, and refused with 409 for another request with it', async () => {
    const headers = { 'Idempotency-Key': 'one-two-three' };
    const first = await submitted(tensorRequest({ method: 'saliency', seed: 101, route: 'job' }), headers);
    await settled(first.id);
    const bypass = { ...headers, 'Cache-Control': 'no-cache' };
    const second = await submitted(tensorRequest({ method: 'saliency', seed: 101, route: 'job' }), bypass);
    expect(second).toMatchObject({ id: first.id, status: 'succeeded' });
    const other = await ask(EXPLAIN, later(tensorRequest({ method: 'saliency', seed: 102 }), headers));
    expect([other.status, await other.json()]).toEqual([409, expect.objectContaining({ code: 'conflict' })]);
    const bad = await ask(EXPLAIN, later(tensorRequest({ method: 'saliency', seed: 103 }), { 'Idempotency-Key': 'ü' }));
    expect(bad.status).toBe(400);
  });

  it('can be cancelled and then deleted', async () => {
    const heavy = { method: 'rise', n_masks: 4000, seed: 7 };
    const { id } = await submitted(tensorRequest(heavy));
    expect((await ask(`/v2/jobs/${id}`, { method: 'DELETE' })).status).toBe(204);
    expect(await viewOf(id)).toMatchObject({ status: 'cancelled' });
    expect((await ask(`/v2/jobs/${id}/result`)).status).toBe(404);
    expect((await ask(`/v2/jobs/${id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await ask(`/v2/jobs/${id}`)).status).toBe(404);
    expect((await bindings.JOB_FILES?.list({ prefix: `*/${id}/` }))?.objects).toEqual([]);
  });

  it('is answered with 404 for another tenant', async () => {
    const { id } = await submitted(tensorRequest({ method: 'saliency', seed: 201 }));
    const demo = { headers: { 'X-Api-Key': 'whylight-demo' } };
    const [theirs, none] = [await ask(`/v2/jobs/${id}`, demo), await ask(`/v2/jobs/${'0'.repeat(32)}`, demo)];
    expect([theirs.status, none.status]).toEqual([404, 404]);
    const words = async (response: Response) => ({ ...((await response.json()) as object), instance: undefined });
    expect(await words(theirs)).toEqual(await words(none));
  });

  it('is refused without a queue, above the sample limit, or with metrics', async () => {
    const none = appWith({ jobs: undefined as never });
    const refused = await none(EXPLAIN, tensorRequest({ method: 'saliency', seed: 303, route: 'job' }));
    expect([refused.status, await refused.json()]).toEqual([422, expect.objectContaining({ code: 'budget_exceeded' })]);
    // A preference is not a demand.
    expect((await none(EXPLAIN, later(tensorRequest({ method: 'saliency', seed: 301 })))).status).toBe(200);
    // What no job may take is not accepted to fail later.
    const large = await ask(EXPLAIN, tensorRequest({ method: 'rise', n_masks: 20_000, route: 'job' }));
    expect([large.status, await large.json()]).toEqual([422, expect.objectContaining({ code: 'budget_exceeded' })]);
    const measured = await ask(
      EXPLAIN,
      tensorRequest({ method: 'saliency', route: 'job', metrics: 'complexity', seed: 302 }),
    );
    expect(measured.status).toBe(400);
  });
});

/** A job that the real queue does not run, since its question comes only when the test wants it. */
async function held(from: Services, parameters: object) {
  const sent: { tenant: string; id: string }[] = [];
  const jobs = {
    ...(services.jobs as NonNullable<Services['jobs']>),
    submit: async (job: Parameters<NonNullable<Services['jobs']>['submit']>[0]) => {
      sent.push(job);
      return { ...job, status: 'queued', created: 0, updated: 0, sent: 0, sends: 1, attempts: 0 } as const;
    },
  };
  await submitted(tensorRequest(parameters), {}, appWith({ ...from, jobs }));
  return sent[0] as Parameters<NonNullable<Services['jobs']>['submit']>[0];
}

const delivery = (tenant: string, id: string, task: 'run' | 'announce' = 'run', attempts = 1) => {
  const seen: string[] = [];
  const message: JobDelivery = {
    body: { task, tenant, id },
    attempts,
    ack: () => void seen.push('ack'),
    retry: () => void seen.push('retry'),
  };
  return { message, seen };
};

const taken = (from: Services, messages: readonly JobDelivery[], queue = 'whylight-jobs') =>
  consumeJobs({ ...from, log: quiet }, { queue, messages }, () => {});

describe('consumeJobs', () => {
  const jobs = services.jobs as NonNullable<Services['jobs']>;

  it('runs a job once when its message is delivered three times', async () => {
    const job = await held(services, { method: 'saliency', seed: 401 });
    await jobs.submit(job);
    const twice = [delivery('*', job.id), delivery('*', job.id), delivery('*', job.id)];
    await taken(
      services,
      twice.map(({ message }) => message),
    );
    expect(twice.map(({ seen }) => seen)).toEqual([['ack'], ['ack'], ['ack']]);
    expect(await settled(job.id)).toMatchObject({ status: 'succeeded', attempts: 1 });
  });

  it('retries a job while no origin responds, and fails it with the last error from the dead-letter queue', async () => {
    const secret = 'a secret of thirty-two characters';
    const dead = { ...services, origin: new OriginRunner(new OriginClient({ urls: ['http://127.0.0.1:9'], secret })) };
    const job = await held(services, { method: 'saliency', seed: 402 });
    // The real queue gets nothing to run: it is the dead origin that the job is to meet.
    const stub = objectOf(job.id) as unknown as { submit(job: object): Promise<unknown> };
    const question = await jobs.files.get(job.question);
    await jobs.files.remove([job.question]);
    await stub.submit(job);
    await vi.waitUntil(async () => (await jobs.get('*', job.id))?.failure, { timeout: 20_000, interval: 100 });
    expect(await viewOf(job.id)).toMatchObject({ status: 'queued' });
    await jobs.files.put(job.question, question as Uint8Array);
    const { message, seen } = delivery('*', job.id);
    await taken(dead, [message]);
    expect(seen).toEqual(['retry']);
    expect((await jobs.get('*', job.id))?.failure?.code).toMatch(/^origin_/);
    const last = delivery('*', job.id);
    await taken(services, [last.message], 'whylight-jobs-dead');
    const view = await viewOf(job.id);
    expect(view).toMatchObject({ status: 'failed', error: { code: expect.stringMatching(/^origin_/) } });
    expect((await ask(`/v2/jobs/${job.id}/result`)).status).toBeGreaterThanOrEqual(500);
    expect(last.seen).toEqual(['ack']);
  });

  it('fails a job at once for a permanent error', async () => {
    const job = await held(services, { method: 'saliency', seed: 403 });
    const models = Object.create(services.models, { get: { value: async () => ({ model: { digest: 'other' } }) } });
    const question = (await jobs.files.get(job.question)) as Uint8Array;
    await jobs.files.remove([job.question]);
    await jobs.submit(job);
    await vi.waitUntil(async () => (await jobs.get('*', job.id))?.failure, { timeout: 20_000, interval: 100 });
    await jobs.files.put(job.question, question);
    const { message, seen } = delivery('*', job.id);
    await taken({ ...services, models }, [message]);
    expect(seen).toEqual(['ack']);
    expect(await viewOf(job.id)).toMatchObject({ status: 'failed', error: { code: 'conflict' } });
  });

  it.each([
    ['changed', 405],
    ['cut off', 406],
  ] as const)('fails a job at once whose question was %s', async (how, seed) => {
    const job = await held(services, { method: 'saliency', seed });
    await damage(job.question, how);
    await jobs.submit(job);
    expect(await settled(job.id)).toMatchObject({ status: 'failed', attempts: 1, error: { code: 'storage_damaged' } });
  });

  it.each([
    ['changed', 407],
    ['cut off', 408],
  ] as const)('refuses a result that was %s', async (how, seed) => {
    const { id } = await submitted(tensorRequest({ method: 'saliency', seed }));
    await settled(id);
    await damage((await jobs.get('*', id))?.result as string, how);
    expect(await (await ask(`/v2/jobs/${id}/result`)).json()).toMatchObject({ status: 502, code: 'storage_damaged' });
  });

  it('keeps a finished job when its alarm fires early', async () => {
    const { id } = await submitted(tensorRequest({ method: 'saliency', seed: 404 }));
    await settled(id);
    expect(await runDurableObjectAlarm(objectOf(id))).toBe(true);
    expect((await viewOf(id)).status).toBe('succeeded');
  });
});

describe('a webhook', () => {
  const secret = 'what only the operator knows';

  /** A job that has ended; its webhook is added afterwards, so that the real queue does not call it as well. */
  async function endedWith(webhook: string, seed: number): Promise<{ readonly id: string }> {
    const job = await held(services, { method: 'saliency', seed });
    await jobs.submit(job);
    await settled(job.id);
    await changed(job.id, { webhook });
    return job;
  }
  const jobs = services.jobs as NonNullable<Services['jobs']>;
  const changed = (id: string, parts: object) =>
    runInDurableObject(objectOf(id), async (_, { storage }) => {
      await storage.put('job', { ...(await storage.get<object>('job')), ...parts });
    });

  it('is sent once, signed, and tried again after a 503 when its time has come', async () => {
    const calls: Request[] = [];
    const statuses = [503, 200];
    const fetch: Services['fetch'] = async (...call) => {
      calls.push(new Request(...(call as [string, RequestInit])));
      return new Response(null, { status: statuses[calls.length - 1] ?? 500 });
    };
    const from = { ...services, webhookSecret: secret, fetch };
    const { tenant } = await services.tenants.find(undefined, () => {});
    const job = await endedWith('https://hooks.example.com/a', 501);
    const both = [delivery('*', job.id, 'announce'), delivery('*', job.id, 'announce')];
    await taken(
      from,
      both.map(({ message }) => message),
    );
    // The job keeps the time of the next call: a message that comes twice, or early, begins no other series.
    expect(both.map(({ seen }) => seen)).toEqual([['ack'], ['ack']]);
    expect(calls).toHaveLength(1);
    await changed(job.id, { nextDelivery: Date.now() });
    const second = delivery('*', job.id, 'announce', 2);
    await taken(from, [second.message]);
    expect(second.seen).toEqual(['ack']);
    await taken(from, [delivery('*', job.id, 'announce', 3).message]);
    expect(calls).toHaveLength(2);
    const [, call] = calls as [Request, Request];
    const body = await call.text();
    expect(JSON.parse(body)).toMatchObject({ type: 'job.succeeded', data: { id: job.id, status: 'succeeded' } });
    const signed = {
      id: call.headers.get('webhook-id') ?? '',
      timestamp: call.headers.get('webhook-timestamp') ?? '',
      body,
    };
    expect(call.headers.get('webhook-signature')).toBe(await signature(await webhookSecret(secret, tenant.id), signed));
    expect(await webhookSecret(secret, 'another')).not.toBe(await webhookSecret(secret, tenant.id));
  });

  it('is signed with both secrets while one replaces the other, and the newer one comes first', async () => {
    const older = 'what the operator knew before';
    const calls: Request[] = [];
    const fetch: Services['fetch'] = async (...call) => {
      calls.push(new Request(...(call as [string, RequestInit])));
      return new Response();
    };
    const job = await endedWith('https://hooks.example.com/b', 503);
    const replaced = { webhookSecret: secret, olderWebhookSecret: older };
    await taken({ ...services, ...replaced, fetch }, [delivery('*', job.id, 'announce').message]);
    const [call] = calls as [Request];
    const signed = {
      id: call.headers.get('webhook-id') ?? '',
      timestamp: call.headers.get('webhook-timestamp') ?? '',
      body: await call.text(),
    };
    const expected = [secret, older].map(async (one) => signature(await webhookSecret(one, '*'), signed));
    expect(call.headers.get('webhook-signature')?.split(' ')).toEqual(await Promise.all(expected));
  });

  it('is refused alike where the answer is cached, as is an invalid Idempotency-Key', async () => {
    const sends = appWith({ webhookSecret: secret });
    const parameters = { method: 'saliency', seed: 504 };
    expect((await sends(EXPLAIN, tensorRequest(parameters))).status).toBe(200);
    const webhook = 'https://hooks.example.com.evil.com/x';
    expect((await sends(EXPLAIN, tensorRequest({ ...parameters, webhook }))).status).toBe(400);
    const request = tensorRequest(parameters);
    const headers = { ...(request.headers as object), 'Idempotency-Key': '\u00e9' };
    expect((await sends(EXPLAIN, { ...request, headers })).status).toBe(400);
  });

  it('is refused for a URL that the tenant may not use', async () => {
    const sends = appWith({ webhookSecret: secret });
    for (const webhook of ['http://hooks.example.com/', 'https://elsewhere.example.com/', 'nothing']) {
      const response = await sends(EXPLAIN, later(tensorRequest({ method: 'saliency', seed: 502, webhook })));
      expect([response.status, await response.json()]).toEqual([
        400,
        expect.objectContaining({ code: 'invalid_request' }),
      ]);
    }
  });
});
