/**
 * Tenants in Workers KV, for readers everywhere: `tenant/<id>` is a record, `key/<SHA-256>` and `issuer/<SHA-256>` name
 * the tenant of a key, and of an issuer with its audience.
 */

import type { JwtConfig } from '../../config/tenant-policy.ts';
import { sha256Hex } from '../../core/digest.ts';
import type { TenantRecord } from './record.ts';

/** Stored overrides of plugins.config.json. */
export interface Overrides {
  /** Reads the text of a record, unchecked. */
  record(id: string): Promise<string | undefined>;
  keyOwner(sha256: string): Promise<string | undefined>;
  issuerOwner(digest: string): Promise<string | undefined>;
}

/** The used part of a KV namespace. */
export interface TenantNamespace {
  get(key: string, options: { type: 'text'; cacheTtl: number }): Promise<string | null>;
  put(key: string, value: string, options?: { metadata: RecordMetadata }): Promise<void>;
  delete(key: string): Promise<void>;
  list(options: {
    prefix: string;
    cursor?: string;
  }): Promise<
    { readonly keys: { readonly name: string; readonly metadata?: unknown }[] } & (
      | { readonly list_complete: true }
      | { readonly list_complete: false; readonly cursor: string }
    )
  >;
}

interface RecordMetadata {
  /** True if the record has a policy, and so defines a tenant. */
  readonly policy: boolean;
}

/** Seconds for which a location may use its own copy: the minimum of KV. */
const CACHE_TTL = 30;

const RECORD = 'tenant/';
const KEY = 'key/';
const ISSUER = 'issuer/';

export function kvOverrides(kv: TenantNamespace): Overrides {
  const read = async (key: string) => (await kv.get(key, { type: 'text', cacheTtl: CACHE_TTL })) ?? undefined;
  return {
    record: (id) => read(RECORD + id),
    keyOwner: (sha256) => read(KEY + sha256),
    issuerOwner: (digest) => read(ISSUER + digest),
  };
}

/** Makes a digest of an issuer and its audience. */
export const issuerDigest = ({ issuer, audience }: Pick<JwtConfig, 'issuer' | 'audience'>): Promise<string> =>
  sha256Hex(new TextEncoder().encode(JSON.stringify([issuer, audience])));

/**
 * Writes a record to KV.
 * @param before record that KV has now. Obsolete index entries are deleted last, since readers look up a key first, and
 * then the record
 */
export async function publishRecord(
  kv: TenantNamespace,
  id: string,
  before: TenantRecord,
  record: TenantRecord,
): Promise<void> {
  const [old, wanted] = await Promise.all([entriesOf(before), entriesOf(record)]);
  await Promise.all([...wanted].filter((key) => !old.has(key)).map((key) => kv.put(key, id)));
  await kv.put(RECORD + id, JSON.stringify(record), { metadata: { policy: record.policy !== undefined } });
  await Promise.all([...old].filter((key) => !wanted.has(key)).map((key) => kv.delete(key)));
}

/** Lists the tenants that have a policy in KV. */
export async function listRecords(kv: TenantNamespace): Promise<string[]> {
  const names: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await kv.list({ prefix: RECORD, ...(cursor !== undefined && { cursor }) });
    names.push(
      ...page.keys
        .filter(({ metadata }) => (metadata as RecordMetadata | undefined)?.policy)
        .map(({ name }) => name.slice(RECORD.length)),
    );
    if (page.list_complete) return names;
    cursor = page.cursor;
  }
}

async function entriesOf({ keys, policy }: TenantRecord): Promise<Set<string>> {
  const entries = keys.map(({ sha256 }) => KEY + sha256);
  if (policy?.jwt) entries.push(ISSUER + (await issuerDigest(policy.jwt)));
  return new Set(entries);
}
