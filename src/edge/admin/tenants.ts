/** Changes of tenants: decided by the ledger, and made known to this isolate. */

import { checkTenant, type PolicyIssue } from '../../config/check-tenant.ts';
import type { KeyConfig, TenantConfig, TenantPolicy } from '../../config/tenant-policy.ts';
import { nearest, quoted, WhylightError } from '../../core/errors.ts';
import type { MethodRegistry } from '../../core/method/registry.ts';
import { pointerTo } from '../http/violations.ts';
import type { ModelCatalogue } from '../models/catalogue.ts';
import type { Services } from '../services.ts';
import { keyDigest, mintKey } from '../tenants/api-key.ts';
import { type AuditEntry, type Change, type Expected, isRestored } from '../tenants/changes.ts';
import type { Ledger } from '../tenants/ledger.ts';
import { ownProperty } from '../tenants/own-property.ts';
import { EVERYBODY, effectiveTenant, type TenantRecord } from '../tenants/record.ts';
import { keyId } from '../tenants/tenant.ts';
import type { Tenants } from '../tenants/tenants.ts';
import { noTenant } from './access.ts';
import { stale } from './preconditions.ts';

/** Maximum number of keys of a tenant: all are compared when one is used. */
const MAX_KEYS = 100;

/** Models that a policy may name. */
type NamedModels = Pick<ModelCatalogue, 'nameable'>;

/** A tenant's stored changes, and the configuration that results. */
export interface Administered {
  readonly record: TenantRecord;
  readonly config: TenantConfig;
}

/**
 * Makes the administration of tenants.
 * @throws WhylightError `invalid_config` on a server without a ledger
 */
export function adminOf({
  ledger,
  tenants,
  explainer,
  models,
}: Pick<Services, 'ledger' | 'tenants' | 'explainer' | 'models'>): TenantAdmin {
  if (!ledger) throw new WhylightError('invalid_config', 'The admin API needs a ledger: bind LEDGER and TENANTS.');
  return new TenantAdmin(ledger, tenants.tenants, explainer.methods, models);
}

/** A new key, and its secret, which is not stored. */
export interface MadeKey {
  readonly secret: string;
  readonly key: KeyConfig;
}

export class TenantAdmin {
  private readonly ledger: Ledger;
  private readonly tenants: Tenants;
  private readonly methods: MethodRegistry;
  private readonly models: NamedModels;

  constructor(ledger: Ledger, tenants: Tenants, methods: MethodRegistry, models: NamedModels) {
    this.ledger = ledger;
    this.tenants = tenants;
    this.methods = methods;
    this.models = models;
  }

  /** Lists all tenants, and the source of their policies. */
  async list(): Promise<{ id: string; source: 'file' | 'override' }[]> {
    const stored = new Set(await this.ledger.list());
    const names = [...new Set([...Object.keys(this.tenants.base), ...stored])].sort();
    return names.map((id) => ({ id, source: stored.has(id) ? 'override' : 'file' }));
  }

  /** @throws WhylightError `not_found` */
  async get(id: string): Promise<Administered> {
    const record = await this.ledger.read(id);
    const config = effectiveTenant(ownProperty(this.tenants.base, id), record);
    if (!config) throw noTenant();
    return { record, config };
  }

  audit(id: string): Promise<readonly AuditEntry[]> {
    return this.ledger.audit(id);
  }

  /** @throws WhylightError `invalid_request` with every mistake; `conflict` for an issuer of another tenant. */
  async setPolicy(id: string, policy: TenantPolicy, expected: Expected, by: AuditEntry['by']): Promise<Administered> {
    await this.methods.load();
    refuseIssues([...checkTenant(policy, this.methods), ...(await this.unknownModels(id, policy))]);
    const owner = policy.jwt && (await this.tenants.ownerOfIssuer(policy.jwt));
    if (owner !== undefined && owner !== id) {
      throw new WhylightError('conflict', 'Another tenant accepts tokens of this issuer for this audience.');
    }
    await this.change(id, { kind: 'policy_set', policy }, by, expected);
    return this.get(id);
  }

  /**
   * Reads stored records, for a backup.
   * @param after id of the last one that was read; records come in the order of their ids
   */
  async records(after: string, count: number): Promise<Readonly<Record<string, TenantRecord>>> {
    const ids = [EVERYBODY, ...(await this.list()).map(({ id }) => id)].filter((id) => id > after).sort();
    const read = async (id: string) => [id, await this.ledger.read(id)] as const;
    return Object.fromEntries(await Promise.all(ids.slice(0, count).map(read)));
  }

  /**
   * Restores a record.
   * @returns true if it changed something
   * @throws WhylightError `invalid_request` for a policy of methods that this server does not have
   */
  async restore(id: string, backup: TenantRecord, by: AuditEntry['by']): Promise<boolean> {
    await this.methods.load();
    if (backup.policy) refuseIssues(checkTenant(backup.policy, this.methods));
    if (isRestored(await this.ledger.read(id), backup)) return false;
    await this.change(id, { kind: 'restored', record: backup }, by);
    return true;
  }

  async reset(id: string, expected: Expected, by: AuditEntry['by']): Promise<void> {
    await this.get(id);
    await this.change(id, { kind: 'reset' }, by, expected);
  }

  /** Creates a key. @returns the key, which cannot be shown again */
  async createKey(
    id: string,
    wanted: Pick<KeyConfig, 'name' | 'scopes' | 'expires'>,
    by: AuditEntry['by'],
  ): Promise<MadeKey> {
    const { config } = await this.get(id);
    if (config.keys.length >= MAX_KEYS) {
      throw new WhylightError('conflict', `The tenant has ${MAX_KEYS} keys: revoke one first.`, { allowed: MAX_KEYS });
    }
    const minted = await mint(wanted);
    await this.change(id, { kind: 'key_created', key: minted.key }, by);
    return minted;
  }

  /** Creates a key with the rights of the old one, which expires at `until`. */
  async rotateKey(id: string, key: string, until: string, by: AuditEntry['by']): Promise<MadeKey> {
    const old = await this.keyOf(id, key);
    const { name, scopes, expires } = old;
    if (expires !== undefined && expires <= new Date().toISOString()) {
      throw new WhylightError('conflict', 'The key has expired, and so would the new one: create a key instead.');
    }
    const minted = await mint({
      scopes,
      ...(name !== undefined && { name }),
      ...(expires !== undefined && { expires }),
    });
    const ends = expires !== undefined && expires < until ? expires : until;
    await this.change(id, { kind: 'key_rotated', old, key: minted.key, until: ends }, by);
    return minted;
  }

  async revokeKey(id: string, key: string, by: AuditEntry['by']): Promise<void> {
    const { sha256 } = await this.keyOf(id, key);
    await this.change(id, { kind: 'key_revoked', sha256 }, by);
  }

  /** Purges answers. @returns the generation of future answers */
  async purge(id: string, model: string | undefined, by: AuditEntry['by']): Promise<number> {
    const change: Change = { kind: 'purged', ...(model !== undefined && { model }) };
    const { generation } = await this.change(id, change, by);
    return model === undefined ? generation.tenant : (ownProperty(generation.models, model) ?? generation.tenant);
  }

  /** Lists the models of a policy that do not exist, each with the nearest names. */
  private async unknownModels(id: string, { models }: TenantPolicy): Promise<PolicyIssue[]> {
    if (models === '*') return [];
    const known = await this.models.nameable(id);
    return models.flatMap((name, i) => {
      if (name === '*' || known.includes(name)) return [];
      const close = nearest(name, known);
      const hint =
        close.length > 0 ? `Did you mean ${close.join(' or ')}?` : `There are ${known.join(', ') || 'none'}.`;
      return [{ path: ['models', i], message: `There is no model named ${quoted(name)}. ${hint}` }];
    });
  }

  private async keyOf(id: string, wanted: string): Promise<KeyConfig> {
    const { config } = await this.get(id);
    const key = config.keys.find((one) => keyId(one) === wanted);
    if (key) return key;
    throw new WhylightError('not_found', 'The tenant has no key with this id.');
  }

  private async change(
    id: string,
    change: Change,
    by: AuditEntry['by'],
    expected: Expected = {},
  ): Promise<TenantRecord> {
    const inFile = id !== EVERYBODY && ownProperty(this.tenants.base, id) !== undefined;
    const record = await this.ledger.change(id, { change, expected, by, inFile });
    if (!record) throw stale();
    await this.tenants.learn(id, record);
    return record;
  }
}

/** @throws WhylightError `invalid_request` with every mistake */
function refuseIssues(issues: readonly PolicyIssue[]): void {
  if (issues.length === 0) return;
  throw new WhylightError('invalid_request', issues.map(({ message }) => message).join(' '), {
    errors: issues.map(({ path, message }) => ({ detail: message, pointer: pointerTo(path) })),
  });
}

async function mint(
  wanted: Pick<KeyConfig, 'name' | 'scopes' | 'expires'>,
): Promise<{ secret: string; key: KeyConfig }> {
  const secret = mintKey();
  return { secret, key: { ...wanted, sha256: await keyDigest(secret), created: new Date().toISOString() } };
}
