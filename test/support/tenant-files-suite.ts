/** Suite: methods load the files that the policy of a tenant names. It runs in workerd and in Node. */
import { expect, it } from 'vitest';
import { MAX_TENANT_FILE } from '../../src/edge/tenants/tenant-files.ts';

/** Policies of tenants by id, as the suite needs them. */
type Policies = Readonly<Record<string, { readonly files?: Readonly<Record<string, Record<string, string>>> }>>;

/** Makes an app of these tenants, over the cache of all others. */
export type AppOf = (tenants: Policies) => (tenant: string, seed?: number) => Promise<Response>;

/** Stores a file of a tenant. @returns the SHA-256 that it is stored under */
export type Store = (tenant: string, bytes: Uint8Array, sha256?: string) => Promise<string>;

/** A request for the map of `file_method`. */
export function askedFor(seed: number, headers: Record<string, string>): Request {
  const inputs = [{ name: 'input', datatype: 'FP32', shape: [1, 3, 32, 32], data: Array(3072).fill(0) }];
  const body = JSON.stringify({ parameters: { method: 'file_method', seed }, inputs });
  return new Request('http://app.test/v2/models/cifar10/explain', { method: 'POST', body, headers });
}

interface Answered {
  readonly outputs?: readonly { readonly name: string; readonly data: readonly number[] }[];
  readonly parameters?: { readonly method_build?: string };
  readonly detail?: string;
}

async function factorIn(response: Response): Promise<unknown> {
  const answer = (await response.json()) as Answered;
  return answer.outputs?.find(({ name }) => /attribution|saliency_map/.test(name))?.data[0] ?? answer.detail;
}

const using = (factor: string) => ({ files: { file_method: { factor } } });

export function testTenantFiles(appOf: AppOf, store: Store): void {
  it('gives each tenant the answer of its own file, and others that of the entry', async () => {
    const a = using(await store('a', Uint8Array.of(3)));
    const b = using(await store('b', Uint8Array.of(5)));
    const ask = appOf({ a, b, c: {} });
    expect(await Promise.all(['a', 'b', 'c', 'a'].map(async (id) => factorIn(await ask(id))))).toEqual([3, 5, 1, 3]);
    expect(await Promise.all(['b', 'a'].map(async (id) => factorIn(await ask(id, 1))))).toEqual([5, 3]);
  });

  it('answers anew when the policy names another file, and from the cache when it names the first again', async () => {
    const [first, second] = [await store('d', Uint8Array.of(7)), await store('d', Uint8Array.of(9))];
    const answers = [];
    for (const digest of [first, second, first]) {
      const response = await appOf({ d: using(digest) })('d');
      answers.push([await factorIn(response), response.headers.get('X-Whylight-Cache')]);
    }
    expect(answers).toEqual([
      [7, 'miss'],
      [9, 'miss'],
      [7, 'hit'],
    ]);
    const { parameters } = (await (await appOf({ d: using(second) })('d')).json()) as Answered;
    expect(parameters?.method_build).toContain(second);
  });

  it('refuses a file of another tenant, although its digest is known', async () => {
    const digest = await store('e', Uint8Array.of(11));
    const ask = appOf({ e: using(digest), f: using(digest) });
    expect(await factorIn(await ask('e'))).toBe(11);
    const response = await ask('f');
    expect(response.status).toBe(502);
    expect(await factorIn(response)).toContain('"factor" of the tenant f for the method file_method is missing');
  });

  it('names a file that is damaged or too large, and answers once it is mended', async () => {
    const bytes = Uint8Array.of(13);
    const digest = await store('g', bytes);
    await store('g', Uint8Array.of(14), digest);
    const ask = appOf({ g: using(digest), h: using(await store('h', new Uint8Array(MAX_TENANT_FILE + 1))) });
    expect(await factorIn(await ask('g'))).toContain('"factor" of the tenant g for the method file_method is cut off');
    expect(await factorIn(await ask('h'))).toContain(`has ${MAX_TENANT_FILE + 1} bytes`);
    await store('g', bytes, digest);
    expect(await factorIn(await ask('g'))).toBe(13);
  });
}
