/** Files that methods load at start, and what they keep between requests, in a server with tenants. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createEdge } from '../../src/package/edge-node.ts';
import { float32 } from '../../src/package/plugin.ts';
import { method } from '../support/trial-method.ts';

const folder = mkdtempSync(join(tmpdir(), 'whylight-files-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'factor.bin');
writeFileSync(path, Uint8Array.of(7));

/** Values are the first byte of the file; the text counts the requests of the tenant. */
const counting = method({
  id: 'counting',
  returns: { text: 'the number of requests so far' },
  setup: async ({ file }) => ({ data: (await file('factor'))[0] }),
  cost: () => ({ forwards: 0, backwards: 0 }),
  async explain({ data, state, inputs }) {
    const [seen = 0] = (await state.get('requests')) ?? [];
    await state.put('requests', Uint8Array.of(seen + 1));
    const { dims } = inputs.input ?? { dims: [] };
    return { values: { input: float32(dims, Array(3072).fill(data)) }, text: `request ${seen + 1}` };
  },
});

const edgeWith = (file: string) =>
  createEdge({
    methods: [{ method: counting, files: { factor: file } }],
    models: { cifar10: 'models/cifar10' },
    authenticate: (request) => request.headers.get('X-Customer') ?? undefined,
    tenants: { a: {}, b: {}, forgetful: { cache: { seconds: 0 } } },
    cache: 'memory',
    log: () => {},
  });

async function ask(edge: ReturnType<typeof edgeWith>, customer: string, seed: number) {
  const body = JSON.stringify({
    parameters: { method: 'counting', seed },
    inputs: [{ name: 'input', datatype: 'FP32', shape: [1, 3, 32, 32], data: Array(3072).fill(0) }],
  });
  const headers = { 'X-Customer': customer };
  const request = new Request('http://app.test/v2/models/cifar10/explain', { method: 'POST', body, headers });
  const response = await edge.fetch(request);
  const answer = (await response.json()) as { outputs?: { name: string; data: unknown[] }[]; code?: string };
  const output = (name: string) => answer.outputs?.find((one) => one.name === name)?.data[0];
  return { code: answer.code, text: output('text'), value: output('attribution') ?? output('saliency_map') };
}

describe('files and state of a method', () => {
  it('are loaded from the path of the entry, and kept for each tenant apart', async () => {
    const edge = edgeWith(path);
    expect(await ask(edge, 'a', 1)).toMatchObject({ text: 'request 1', value: 7 });
    expect(await ask(edge, 'a', 2)).toMatchObject({ text: 'request 2' });
    expect(await ask(edge, 'b', 1)).toMatchObject({ text: 'request 1' });
    // The same question again is answered from the cache.
    expect(await ask(edge, 'a', 2)).toMatchObject({ text: 'request 2' });
  });

  it('are not kept for a tenant whose answers are not kept', async () => {
    const edge = edgeWith(path);
    expect(await ask(edge, 'forgetful', 1)).toMatchObject({ text: 'request 1' });
    expect(await ask(edge, 'forgetful', 2)).toMatchObject({ text: 'request 1' });
  });

  it('fail the request alone where a file is missing', async () => {
    expect(await ask(edgeWith(join(folder, 'nowhere.bin')), 'a', 1)).toMatchObject({
      code: expect.any(String),
      text: undefined,
    });
  });
});
