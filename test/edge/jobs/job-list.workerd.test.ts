/** List of a tenant's jobs over the real Durable Objects and R2. */
import { beforeAll, describe, expect, it } from 'vitest';
import { entryKey } from '../../../src/edge/jobs/job-list.ts';
import { appWith, bindings, pixels, tensorRequest } from '../../support/app.ts';
import { keyOf, tenantApp } from '../../support/tenants.ts';

const ask = tenantApp({
  house: { operator: true, keys: [await keyOf('op', ['admin', 'explain'])] },
  busy: { keys: [await keyOf('busy', ['predict', 'explain'])] },
  other: { keys: [await keyOf('other'), await keyOf('predicts', ['predict'])] },
});

interface View {
  readonly id: string;
  readonly status: string;
  readonly created: string;
}
interface Page {
  readonly jobs: readonly View[];
  readonly next?: string;
}

const get = (key: string, path: string) => ask(path, { headers: { 'X-Api-Key': key } });
const listed = async (key: string, query = ''): Promise<Page> => {
  const response = await get(key, `/v2/jobs${query}`);
  expect([response.status, response.headers.get('Cache-Control')]).toEqual([200, 'no-store']);
  return response.json();
};
const idsOf = ({ jobs }: Page): string[] => jobs.map(({ id }) => id);

async function submit(key: string, seed: number): Promise<View> {
  const init = tensorRequest({ method: 'saliency', seed, route: 'job' }, pixels(78));
  const headers = {
    ...init.headers,
    'X-Api-Key': key,
    'Idempotency-Key': `${key}-${seed}`,
    'Cache-Control': 'no-cache',
  };
  const response = await ask('/v2/models/cifar10/explain', { ...init, headers });
  expect(response.status).toBe(202);
  // The order of jobs that were submitted within a millisecond is that of their ids.
  await new Promise((later) => setTimeout(later, 5));
  return response.json();
}

/** Ids of the jobs of `busy`, the newest first. */
let mine: string[];
let theirs: string;
beforeAll(async () => {
  mine = [];
  for (let seed = 1; seed <= 5; seed++) mine.unshift((await submit('busy', seed)).id);
  theirs = (await submit('other', 1)).id;
});

describe('GET /v2/jobs', () => {
  it('lists the jobs of the tenant, the newest first, as each is seen alone', async () => {
    // The Worker of the queue does not know these tenants, and fails their jobs.
    const haveEnded = async () => (await listed('busy')).jobs.every(({ status }) => status === 'failed');
    await expect.poll(haveEnded, { timeout: 40_000 }).toBe(true);
    const page = await listed('busy');
    expect(idsOf(page)).toEqual(mine);
    expect(page.next).toBeUndefined();
    expect(page.jobs[0]).toMatchObject({
      model: 'cifar10',
      method: 'saliency',
      attempts: 1,
      error: { code: 'forbidden' },
    });
    expect(page.jobs[2]).toEqual(await (await get('busy', `/v2/jobs/${mine[2]}`)).json());
  });

  it('lists every job once over its pages', async () => {
    const pages: string[][] = [];
    let after: string | undefined;
    do {
      const page: Page = await listed('busy', `?limit=2${after ? `&after=${after}` : ''}`);
      pages.push(idsOf(page));
      after = page.next;
    } while (after);
    expect(pages).toEqual([mine.slice(0, 2), mine.slice(2, 4), mine.slice(4)]);
  });

  it('lists a job once that was submitted twice with one Idempotency-Key', async () => {
    expect((await submit('busy', 3)).id).toBe(mine[2]);
    expect(idsOf(await listed('busy'))).toEqual(mine);
  });

  it('lists no jobs of another tenant, for operators and with the position of another list either', async () => {
    expect(idsOf(await listed('other'))).toEqual([theirs]);
    expect(idsOf(await listed('op'))).toEqual([]);
    const { next } = await listed('busy', '?limit=1');
    const ids = idsOf(await listed('other', `?after=${next}`));
    expect(ids.filter((id) => mine.includes(id))).toEqual([]);
  });

  it('lists no job that was removed, and keeps no entry of it', async () => {
    const { id, created } = await submit('other', 2);
    const key = entryKey({ tenant: 'other', id, created: Date.parse(created) });
    const bucket = bindings.JOB_FILES as R2Bucket;
    expect(await bucket.head(key)).not.toBeNull();
    // The first request cancels a job that has not ended.
    for (let i = 0; i < 2; i++) {
      await ask(`/v2/jobs/${id}`, { method: 'DELETE', headers: { 'X-Api-Key': 'other' } });
    }
    expect(idsOf(await listed('other'))).toEqual([theirs]);
    expect(await bucket.head(key)).toBeNull();
    // What is left of a job that is gone is passed over.
    await bucket.put(key, new Uint8Array(0));
    expect(idsOf(await listed('other'))).toEqual([theirs]);
  });

  it.each([
    ['limit', '?limit=0'],
    ['limit', '?limit=101'],
    ['limit', '?limit=many'],
    ['after', '?after=../other/listed-'],
  ])('refuses a wrong "%s": %s', async (parameter, query) => {
    const response = await get('busy', `/v2/jobs${query}`);
    expect([response.status, await response.json()]).toEqual([
      400,
      expect.objectContaining({
        code: 'invalid_request',
        errors: [expect.objectContaining({ parameter })],
      }),
    ]);
  });

  it('is refused without a key of the scope explain', async () => {
    expect((await get('predicts', '/v2/jobs')).status).toBe(403);
    expect((await get('unknown', '/v2/jobs')).status).toBe(401);
  });

  it('is not there on a server without jobs', async () => {
    const response = await appWith({ jobs: undefined as never })('/v2/jobs');
    expect([response.status, await response.json()]).toEqual([404, expect.objectContaining({ code: 'not_found' })]);
  });
});
