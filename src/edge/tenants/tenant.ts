/** A tenant as requests see it, with its limits. */
import type { Format, KeyConfig, Scope, TenantConfig } from '../../config/tenant-policy.ts';
import { WhylightError } from '../../core/errors.ts';
import { type Limits, MAX_SAMPLES } from '../limits.ts';
import { ownProperty } from './own-property.ts';

/** Id of the tenant of requests without a credential. */
export const ANONYMOUS = '*';

/** A tenant without its keys, which stay with the directory. */
export interface Tenant extends Omit<TenantConfig, 'keys' | 'description'> {
  readonly id: string;
  /** Purge counters of the tenant's own answers and of everybody's. */
  readonly generations: { readonly own: Generation; readonly all: Generation };
}

/** Number of purges: of all answers, and of the answers of each model. */
export interface Generation {
  readonly tenant: number;
  readonly models: Readonly<Record<string, number>>;
}

/** The tenant that a credential belongs to, and the credential's scopes. */
export interface Caller {
  readonly tenant: Tenant;
  readonly scopes: readonly Scope[];
  /** Name of the credential in logs: `key:<id>`, `jwt:<digest of the subject>` or `anonymous`. */
  readonly credential: string;
}

/** Makes the id of a key from its digest. */
export const keyId = ({ sha256 }: Pick<KeyConfig, 'sha256'>): string => sha256.slice(0, 12);

/** Returns true if the tenant may use the model. */
export const mayUseModel = ({ models }: Tenant, name: string): boolean => models === '*' || models.includes(name);

/** Combines the limits of the server and of the tenant. */
export function limitsFor({ limits }: Tenant, server: Limits): Limits {
  const min = (a: number, b: number | undefined): number => Math.min(a, b ?? a);
  return {
    maxBody: min(server.maxBody, limits.body_bytes),
    maxPixels: min(server.maxPixels, limits.pixels),
    maxSamples: min(server.maxSamples, limits.samples),
    edgeMs: min(server.edgeMs, limits.edge_ms),
    edgeBytes: server.edgeBytes,
  };
}

/** Maximum number of rows that a request of the tenant may evaluate at an origin or as a job. */
export const samplesElsewhere = ({ limits }: Tenant): number => Math.min(MAX_SAMPLES, limits.samples ?? MAX_SAMPLES);

/**
 * Filters representations by the formats that the tenant may have.
 * @throws WhylightError `not_acceptable` when none is left.
 */
export function offeredTo<T extends string>({ formats }: Tenant, made: readonly T[]): readonly T[] {
  const offered = made.filter((type) => formats === '*' || formats.includes(type as T & Format));
  if (offered.length > 0) return offered;
  throw new WhylightError('not_acceptable', 'This key may have none of the formats that can be made here.', {
    allowed: formats,
  });
}

/** Makes the part of a key that separates the state of methods by tenant. A purge of all answers of a tenant changes it. */
export const stateScope = ({ id, generations: { all, own } }: Pick<Tenant, 'id' | 'generations'>): string =>
  `tenant ${id} ${all.tenant} ${own.tenant}`;

/** Makes the part of a cache key that separates tenants. A purge changes it. */
export function cacheScope({ id, cache, generations }: Tenant, model: string): string {
  const count = ({ tenant, models }: Generation): string => `${tenant}.${ownProperty(models, model) ?? 0}`;
  return cache.isolation === 'shared'
    ? `shared ${count(generations.all)}`
    : `tenant ${id} ${count(generations.all)} ${count(generations.own)}`;
}
