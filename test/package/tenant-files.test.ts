/** Methods that load files of a tenant, from a folder. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createEdge, isolate, type TenantInput, tenantFolder } from '../../src/package/edge-node.ts';
import { fileMethod } from '../support/file-method.ts';
import { askedFor, testTenantFiles } from '../support/tenant-files-suite.ts';

const folder = mkdtempSync(join(tmpdir(), 'whylight-tenants-'));
afterAll(() => rmSync(folder, { recursive: true }));

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function store(tenant: string, bytes: Uint8Array, sha256 = digestOf(bytes)): Promise<string> {
  mkdirSync(join(folder, tenant), { recursive: true });
  writeFileSync(join(folder, tenant, sha256), bytes);
  return sha256;
}

const methodFile = join(import.meta.dirname, '../support/file-method.ts');
const isolated = await isolate('./method.ts', isolatedFolder());

function isolatedFolder(): string {
  writeFileSync(join(folder, 'method.ts'), `export { fileMethod as default } from ${JSON.stringify(methodFile)};\n`);
  return folder;
}

const edgeOf = (method: typeof fileMethod | typeof isolated) => {
  const cache = new Map<string, Uint8Array>();
  const storage = {
    getItemRaw: async (key: string) => cache.get(key),
    setItemRaw: async (key: string, value: Uint8Array) => void cache.set(key, value),
  };
  // Every edge has the same cache, as the isolates of a deployment do.
  return (tenants: Readonly<Record<string, TenantInput>>) => {
    const edge = createEdge({
      methods: [{ method, files: { factor: Uint8Array.of(1) } }],
      models: { cifar10: 'models/cifar10' },
      authenticate: (request) => request.headers.get('X-Customer') ?? undefined,
      tenants,
      tenantFiles: tenantFolder(folder),
      cache: storage,
      log: () => {},
    });
    return async (tenant: string, seed = 0) => edge.fetch(askedFor(seed, { 'X-Customer': tenant }));
  };
};

describe.each([
  ['in the server', fileMethod],
  ['in a thread of its own', isolated],
] as const)('files of tenants, for a method %s', (_, method) => {
  testTenantFiles(edgeOf(method), store);
});

it('a policy names files only for methods that load some', () => {
  const files = { cifar: { factor: '0'.repeat(64) } };
  const settings = { methods: [fileMethod], models: {}, tenants: { '*': { files } } };
  expect(() => createEdge(settings)).toThrow('cifar');
});
