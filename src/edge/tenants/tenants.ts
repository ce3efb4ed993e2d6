/**
 * Tenants: plugins.config.json, overridden by the records of the admin API. Records are cached in the isolate, so that a
 * request does not wait for KV.
 */

import type { JwtConfig, TenantConfig } from '../../config/tenant-policy.ts';
import type { WaitUntil } from '../../core/engine/session-cache.ts';
import { messageOf, WhylightError } from '../../core/errors.ts';
import { LruCache } from '../../core/lru-cache.ts';
import type { Log } from '../observe/log.ts';
import { issuerDigest, type Overrides } from './kv-tenants.ts';
import type { Ledger } from './ledger.ts';
import { ownProperty } from './own-property.ts';
import { EMPTY_RECORD, EVERYBODY, effectiveTenant, recordSchema, type TenantRecord } from './record.ts';
import type { Tenant } from './tenant.ts';

export interface TenantsOptions {
  /** Tenants of plugins.config.json, by id. */
  readonly base: Readonly<Record<string, TenantConfig>>;
  readonly overrides?: Overrides;
  /** Source of records when an override cannot be read. */
  readonly ledger?: Pick<Ledger, 'read'>;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
}

/** A tenant and its credentials. */
export interface KnownTenant {
  readonly tenant: Tenant;
  readonly credentials: Pick<TenantConfig, 'keys' | 'jwt'>;
}

interface Entry {
  readonly record: TenantRecord;
  readonly known: KnownTenant | undefined;
}

const SECOND = 1000;

export class Tenants {
  readonly base: Readonly<Record<string, TenantConfig>>;
  private readonly options: TenantsOptions;
  private readonly baseKeys: ReadonlyMap<string, string>;
  private readonly entries: LruCache<Entry>;
  private readonly owners: LruCache<string>;
  /** Keys and issuers without an owner; a cache of its own, so that wrong keys do not evict right ones. */
  private readonly unknown: LruCache<true>;
  private baseIssuers: ReadonlyMap<string, string> | undefined;

  /** @throws WhylightError `invalid_config` for a key that belongs to two tenants. */
  constructor(options: TenantsOptions) {
    const { base, clock = Date.now } = options;
    this.base = base;
    this.options = options;
    this.baseKeys = ownersOfKeys(base);
    const lasting = { freshMs: 30 * SECOND, maxAgeMs: 60 * SECOND, clock };
    this.entries = new LruCache({ ...lasting, capacity: 2000 });
    this.owners = new LruCache({ ...lasting, capacity: 5000 });
    this.unknown = new LruCache({ freshMs: 10 * SECOND, maxAgeMs: 10 * SECOND, clock, capacity: 1000 });
  }

  /** Returns the tenant of this id with its credentials. It may be disabled. */
  async get(id: string, waitUntil: WaitUntil): Promise<KnownTenant | undefined> {
    return (await this.entry(id, waitUntil)).known;
  }

  /** Finds the tenant of a key by the key's digest. The index may be older than the tenant's record. */
  async ownerOfKey(sha256: string): Promise<string | undefined> {
    return this.baseKeys.get(sha256) ?? this.owner(`key ${sha256}`, (overrides) => overrides.keyOwner(sha256));
  }

  /** Finds the tenant that accepts tokens of this issuer for this audience. */
  async ownerOfIssuer(jwt: Pick<JwtConfig, 'issuer' | 'audience'>): Promise<string | undefined> {
    const digest = await issuerDigest(jwt);
    this.baseIssuers ??= await ownersOfIssuers(this.base);
    return (
      (await this.owner(`issuer ${digest}`, (overrides) => overrides.issuerOwner(digest))) ??
      this.baseIssuers.get(digest)
    );
  }

  /** Stores a record that was changed in this isolate, before KV has it. */
  async learn(id: string, record: TenantRecord): Promise<void> {
    if (id === EVERYBODY) {
      this.entries.clear();
      this.entries.set(EVERYBODY, { record, known: undefined });
      return;
    }
    this.entries.set(id, this.entryOf(id, record, await this.everybody(() => {})));
    this.unknown.clear();
  }

  private async everybody(waitUntil: WaitUntil): Promise<TenantRecord> {
    if (!this.options.overrides) return EMPTY_RECORD;
    return (await this.entry(EVERYBODY, waitUntil)).record;
  }

  private async entry(id: string, waitUntil: WaitUntil): Promise<Entry> {
    const kept = this.entries.get(id);
    if (kept?.fresh) return kept.value;
    if (!kept) return this.load(id, undefined, waitUntil);
    // Refreshed in the background; until then every request uses the old entry.
    this.entries.set(id, kept.value);
    waitUntil(this.load(id, kept.value, waitUntil));
    return kept.value;
  }

  private async load(id: string, before: Entry | undefined, waitUntil: WaitUntil): Promise<Entry> {
    const [record, all] = await Promise.all([
      this.record(id, before?.record),
      id === EVERYBODY ? EMPTY_RECORD : this.everybody(waitUntil),
    ]);
    const entry = record ? this.entryOf(id, record, all) : { record: EMPTY_RECORD, known: undefined };
    this.entries.set(id, entry);
    return entry;
  }

  private entryOf(id: string, record: TenantRecord, all: TenantRecord): Entry {
    const config = effectiveTenant(ownProperty(this.base, id), record);
    if (!config) return { record, known: undefined };
    const { keys, jwt, ...rights } = withoutStorage(config);
    const generations = { own: record.generation, all: all.generation };
    return { record, known: { tenant: { id, ...rights, generations }, credentials: { keys, ...(jwt && { jwt }) } } };
  }

  /**
   * Reads a record from KV, or else the last valid one: the ledger's, then this isolate's. Without any, a tenant whose
   * entry is damaged is closed (undefined), since its rights may have been narrowed.
   */
  private async record(id: string, before: TenantRecord | undefined): Promise<TenantRecord | undefined> {
    const { overrides, ledger, log } = this.options;
    if (!overrides) return EMPTY_RECORD;
    let text: string | undefined;
    try {
      text = await overrides.record(id);
    } catch (error) {
      log('error', 'tenants cannot be read from KV; the last valid state is used', {
        tenant: id,
        reason: messageOf(error),
      });
      return before ?? EMPTY_RECORD;
    }
    if (text === undefined) return EMPTY_RECORD;
    const parsed = parseRecord(text);
    if (parsed.record) return parsed.record;
    log('error', 'the entry of a tenant is damaged; the last valid one is used', { tenant: id, reason: parsed.reason });
    try {
      return (await ledger?.read(id)) ?? before;
    } catch (error) {
      log('error', 'the ledger of a tenant cannot be read', { tenant: id, reason: messageOf(error) });
      return before;
    }
  }

  private async owner(
    name: string,
    ask: (overrides: Overrides) => Promise<string | undefined>,
  ): Promise<string | undefined> {
    const { overrides, log } = this.options;
    const cached = this.owners.get(name);
    if (cached?.fresh) return cached.value;
    if (!overrides || this.unknown.get(name)) return undefined;
    try {
      const owner = await ask(overrides);
      if (owner === undefined) this.unknown.set(name, true);
      else this.owners.set(name, owner);
      return owner;
    } catch (error) {
      log('error', 'keys cannot be read from KV; those of this isolate are used', { reason: messageOf(error) });
      return cached?.value;
    }
  }
}

/** The policy of a tenant of which nothing may be kept: no cache, and no jobs, whose requests lie in a store. */
function withoutStorage(config: TenantConfig): TenantConfig {
  if (!config.keep_nothing) return config;
  const routes = config.routes.filter((route) => route !== 'job');
  return { ...config, cache: { ...config.cache, seconds: 0 }, routes };
}

function parseRecord(text: string): { record: TenantRecord } | { record?: undefined; reason: string } {
  try {
    const { data, error } = recordSchema.safeParse(JSON.parse(text));
    return data ? { record: data } : { reason: error.issues.map(({ path }) => path.join('.')).join(', ') };
  } catch (error) {
    return { reason: messageOf(error) };
  }
}

function ownersOfKeys(base: TenantsOptions['base']): ReadonlyMap<string, string> {
  const owners = new Map<string, string>();
  for (const [id, { keys }] of Object.entries(base)) {
    for (const { sha256 } of keys) {
      const owner = owners.get(sha256);
      if (owner !== undefined) {
        throw new WhylightError(
          'invalid_config',
          `The tenants ${owner} and ${id} have the same key: give each its own.`,
        );
      }
      owners.set(sha256, id);
    }
  }
  return owners;
}

async function ownersOfIssuers(base: TenantsOptions['base']): Promise<ReadonlyMap<string, string>> {
  const owners = new Map<string, string>();
  for (const [id, { jwt }] of Object.entries(base)) if (jwt) owners.set(await issuerDigest(jwt), id);
  return owners;
}
