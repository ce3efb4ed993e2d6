/**
 * The tenants as they are now: plugins.config.json, and over it what the admin API has stored. What was looked up stays
 * in the isolate for a while, so that a request does not wait for KV.
 */

import type { JwtConfig, TenantConfig } from '../../config/tenant-policy.ts';
import type { WaitUntil } from '../../core/engine/session-cache.ts';
import { WhylightError } from '../../core/errors.ts';
import { Recent } from '../../core/lru-cache.ts';
import type { Log } from '../observe/log.ts';
import { issuerDigest, type Overrides } from './kv-tenants.ts';
import type { Ledger } from './ledger.ts';
import { own } from './own.ts';
import { EMPTY_RECORD, EVERYBODY, effectiveTenant, recordSchema, type TenantRecord } from './record.ts';
import type { Tenant } from './tenant.ts';

export interface TenantsOptions {
  /** plugins.config.json. */
  readonly base: Readonly<Record<string, TenantConfig>>;
  readonly overrides?: Overrides;
  /** Asked when an override cannot be read. */
  readonly ledger?: Pick<Ledger, 'read'>;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
}

/** A tenant with what only its credentials are checked against. */
export interface KnownTenant {
  readonly tenant: Tenant;
  readonly credentials: Pick<TenantConfig, 'keys' | 'jwt'>;
}

interface Entry {
  readonly record: TenantRecord;
  readonly is: KnownTenant | undefined;
}

const SECOND = 1000;

export class Tenants {
  readonly base: Readonly<Record<string, TenantConfig>>;
  private readonly options: TenantsOptions;
  private readonly baseKeys: ReadonlyMap<string, string>;
  private readonly entries: Recent<Entry>;
  private readonly owners: Recent<string>;
  /** Kept apart, so that wrong keys do not push out the right ones. */
  private readonly strangers: Recent<true>;
  private baseIssuers: ReadonlyMap<string, string> | undefined;

  /** @throws WhylightError `invalid_config` for a key that two tenants have. */
  constructor(options: TenantsOptions) {
    const { base, clock = Date.now } = options;
    this.base = base;
    this.options = options;
    this.baseKeys = ownersOfKeys(base);
    const lasting = { freshMs: 30 * SECOND, keepMs: 60 * SECOND, clock };
    this.entries = new Recent({ ...lasting, capacity: 2000 });
    this.owners = new Recent({ ...lasting, capacity: 5000 });
    this.strangers = new Recent({ freshMs: 10 * SECOND, keepMs: 10 * SECOND, clock, capacity: 1000 });
  }

  /** The tenant of this name, for credentials to be checked: it may be disabled. */
  async get(id: string, waitUntil: WaitUntil): Promise<KnownTenant | undefined> {
    return (await this.entry(id, waitUntil)).is;
  }

  /** Whose key has this digest, as far as the index knows: whether the tenant still has it is another question. */
  async ownerOfKey(sha256: string): Promise<string | undefined> {
    return this.baseKeys.get(sha256) ?? this.owner(`key ${sha256}`, (overrides) => overrides.keyOwner(sha256));
  }

  /** Whose tokens come from this issuer for this audience. */
  async ownerOfIssuer(jwt: Pick<JwtConfig, 'issuer' | 'audience'>): Promise<string | undefined> {
    const digest = await issuerDigest(jwt);
    this.baseIssuers ??= await ownersOfIssuers(this.base);
    return (
      (await this.owner(`issuer ${digest}`, (overrides) => overrides.issuerOwner(digest))) ??
      this.baseIssuers.get(digest)
    );
  }

  /** Takes in a change that was made here, before KV tells of it. */
  async learn(id: string, record: TenantRecord): Promise<void> {
    if (id === EVERYBODY) {
      this.entries.clear();
      this.entries.set(EVERYBODY, { record, is: undefined });
      return;
    }
    this.entries.set(id, this.entryOf(id, record, await this.everybody(() => {})));
    this.strangers.clear();
  }

  private async everybody(waitUntil: WaitUntil): Promise<TenantRecord> {
    if (!this.options.overrides) return EMPTY_RECORD;
    return (await this.entry(EVERYBODY, waitUntil)).record;
  }

  private async entry(id: string, waitUntil: WaitUntil): Promise<Entry> {
    const kept = this.entries.get(id);
    if (kept?.fresh) return kept.value;
    if (!kept) return this.load(id, undefined, waitUntil);
    // Others go on with what is there while this request, which does not wait either, sees to it.
    this.entries.set(id, kept.value);
    waitUntil(this.load(id, kept.value, waitUntil));
    return kept.value;
  }

  private async load(id: string, before: Entry | undefined, waitUntil: WaitUntil): Promise<Entry> {
    const [record, all] = await Promise.all([
      this.record(id, before?.record),
      id === EVERYBODY ? EMPTY_RECORD : this.everybody(waitUntil),
    ]);
    const entry = record ? this.entryOf(id, record, all) : { record: EMPTY_RECORD, is: undefined };
    this.entries.set(id, entry);
    return entry;
  }

  private entryOf(id: string, record: TenantRecord, all: TenantRecord): Entry {
    const config = effectiveTenant(own(this.base, id), record);
    if (!config) return { record, is: undefined };
    const { keys, jwt, ...rights } = config;
    const generations = { own: record.generation, all: all.generation };
    return { record, is: { tenant: { id, ...rights, generations }, credentials: { keys, ...(jwt && { jwt }) } } };
  }

  /**
   * What KV says; otherwise the last that was good: the ledger's, then this isolate's. With nothing good left, a tenant
   * whose entry is broken is shut (undefined): its rights may have been narrowed.
   */
  private async record(id: string, before: TenantRecord | undefined): Promise<TenantRecord | undefined> {
    const { overrides, ledger, log } = this.options;
    if (!overrides) return EMPTY_RECORD;
    let text: string | undefined;
    try {
      text = await overrides.record(id);
    } catch (error) {
      log('error', 'tenants cannot be read from KV; the last good state is used', {
        tenant: id,
        reason: reason(error),
      });
      return before ?? EMPTY_RECORD;
    }
    if (text === undefined) return EMPTY_RECORD;
    const parsed = parseRecord(text);
    if (parsed.record) return parsed.record;
    log('error', 'the entry of a tenant is broken; the last good one is used', { tenant: id, reason: parsed.reason });
    try {
      return (await ledger?.read(id)) ?? before;
    } catch (error) {
      log('error', 'the ledger of a tenant cannot be read', { tenant: id, reason: reason(error) });
      return before;
    }
  }

  private async owner(
    name: string,
    ask: (overrides: Overrides) => Promise<string | undefined>,
  ): Promise<string | undefined> {
    const { overrides, log } = this.options;
    const kept = this.owners.get(name);
    if (kept?.fresh) return kept.value;
    if (!overrides || this.strangers.get(name)) return undefined;
    try {
      const owner = await ask(overrides);
      if (owner === undefined) this.strangers.set(name, true);
      else this.owners.set(name, owner);
      return owner;
    } catch (error) {
      log('error', 'keys cannot be read from KV; those of this isolate are used', { reason: reason(error) });
      return kept?.value;
    }
  }
}

function parseRecord(text: string): { record: TenantRecord } | { record?: undefined; reason: string } {
  try {
    const { data, error } = recordSchema.safeParse(JSON.parse(text));
    return data ? { record: data } : { reason: error.issues.map(({ path }) => path.join('.')).join(', ') };
  } catch (error) {
    return { reason: reason(error) };
  }
}

function ownersOfKeys(base: TenantsOptions['base']): ReadonlyMap<string, string> {
  const owners = new Map<string, string>();
  for (const [id, { keys }] of Object.entries(base)) {
    for (const { sha256 } of keys) {
      const owner = owners.get(sha256);
      if (owner !== undefined) {
        throw new WhylightError('invalid_config', `The tenants ${owner} and ${id} have the same key.`);
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

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));
