/** Methods that load files of a tenant, from the R2 bucket of uploads. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { describe } from 'vitest';
import { sha256Hex } from '../../src/core/digest.ts';
import { tenantFileKey } from '../../src/edge/tenants/r2-tenant-files.ts';
import { createEdge } from '../../src/package/edge-worker.ts';
import { bindings } from '../support/app.ts';
import { fileMethod } from '../support/file-method.ts';
import { type AppOf, askedFor, type Store, testTenantFiles } from '../support/tenant-files-suite.ts';

const store: Store = async (tenant, bytes, digest) => {
  const sha256 = digest ?? (await sha256Hex(bytes));
  await bindings.UPLOADS?.put(tenantFileKey({ tenant, sha256 }), bytes);
  return sha256;
};

const appOf: AppOf = (tenants) => {
  const edge = createEdge({
    methods: [{ method: fileMethod, files: { factor: Uint8Array.of(1) } }],
    models: { cifar10: 'models/cifar10' },
    authenticate: (request) => request.headers.get('X-Customer') ?? undefined,
    tenants,
    log: () => {},
  });
  return async (tenant, seed = 0) => {
    const context = createExecutionContext();
    const response = await edge.fetch(askedFor(seed, { 'X-Customer': tenant }), bindings, context);
    await waitOnExecutionContext(context);
    return response;
  };
};

describe('files of tenants in R2', () => {
  testTenantFiles(appOf, store);
});
