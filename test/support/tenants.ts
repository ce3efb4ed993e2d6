/** An app with tenants of its own, over the real KV, the real ledger and the real counters. */
import type { Scope } from '../../src/config/tenant-policy.ts';
import { tenantConfigSchema } from '../../src/config/tenant-policy.ts';
import type { Log } from '../../src/edge/observe/log.ts';
import type { Services } from '../../src/edge/services.ts';
import { keyDigest } from '../../src/edge/tenants/api-key.ts';
import { TenantDirectory } from '../../src/edge/tenants/directory.ts';
import { type FetchKeys, JwtVerifier } from '../../src/edge/tenants/jwt.ts';
import { kvOverrides } from '../../src/edge/tenants/kv-tenants.ts';
import { Tenants } from '../../src/edge/tenants/tenants.ts';
import { type Ask, appWith, bindings, services } from './app.ts';

export interface TenantAppOptions {
  readonly log?: Log;
  readonly clock?: () => number;
  readonly fetchKeys?: FetchKeys;
  readonly replaced?: Partial<Services>;
}

/** An isolate of its own over the same stores: it knows only what KV tells. */
export function tenantApp(
  base: Readonly<Record<string, object>>,
  { log = () => {}, clock = Date.now, fetchKeys, replaced = {} }: TenantAppOptions = {},
): Ask {
  const config = Object.fromEntries(Object.entries(base).map(([id, one]) => [id, tenantConfigSchema.parse(one)]));
  const overrides = kvOverrides(bindings.TENANTS);
  const ledger = services.ledger;
  if (!ledger) throw new Error('the Worker has a ledger');
  const tenants = new Tenants({ base: config, overrides, ledger, log, clock });
  const directory = new TenantDirectory({ tenants, tokens: new JwtVerifier(fetchKeys), log, clock });
  return appWith({ log, tenants: directory, ...replaced });
}

/** A key as plugins.config.json has it. */
export const keyOf = async (key: string, scopes: readonly Scope[] = ['predict', 'explain']) => ({
  sha256: await keyDigest(key),
  scopes,
});

/** A request in JSON with a key. */
export const request = (method: string, key: string | undefined, body?: unknown, headers = {}): RequestInit => ({
  method,
  headers: {
    ...(key !== undefined && { 'X-Api-Key': key }),
    ...(body !== undefined && { 'Content-Type': 'application/json' }),
    ...headers,
  },
  ...(body !== undefined && { body: JSON.stringify(body) }),
});

/** An upload of a model with a key: the JSON part, and the files that it lists. */
export function uploadOf(key: string, head: object | string, ...files: Uint8Array[]): RequestInit {
  const json = new TextEncoder().encode(typeof head === 'string' ? head : JSON.stringify(head));
  return {
    method: 'PUT',
    headers: {
      'X-Api-Key': key,
      'Content-Type': 'application/octet-stream',
      'Inference-Header-Content-Length': String(json.length),
    },
    body: new Blob([json, ...files] as Uint8Array<ArrayBuffer>[]),
  };
}
