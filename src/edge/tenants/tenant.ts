/** Who asks, and what they may use. */

import type { Format, KeyConfig, Scope, TenantConfig } from '../../config/tenant-policy.ts';
import { WhylightError } from '../../core/errors.ts';
import type { BoundMethod, MethodSource } from '../../core/method/contract.ts';
import { mergeRules, type ParameterRules, parseParams } from '../../core/method/params.ts';
import { type MethodRegistry, methodNotFound, type PluginEntry } from '../../core/method/registry.ts';
import { type Limits, MOST_SAMPLES } from '../services.ts';
import { own } from './own.ts';

/** A tenant as requests see it: its keys stay with the directory. */
export interface Tenant extends Omit<TenantConfig, 'keys' | 'description'> {
  readonly id: string;
  /** Raised by purges of its own answers, and of everybody's. */
  readonly generations: { readonly own: Generation; readonly all: Generation };
}

/** How often answers were purged: all of them, and those of a model. */
export interface Generation {
  readonly tenant: number;
  readonly models: Readonly<Record<string, number>>;
}

/** What of a tenant decides on methods and their parameters. */
export type Rights = Pick<Tenant, 'methods' | 'parameters'>;

/** Who asks, by which credential. */
export interface Caller {
  readonly tenant: Tenant;
  readonly scopes: readonly Scope[];
  /** Names the credential in logs: `key:<id>`, `jwt:<digest of the subject>` or `anonymous`. */
  readonly credential: string;
}

/** The name of a key, from its digest. */
export const keyId = ({ sha256 }: Pick<KeyConfig, 'sha256'>): string => sha256.slice(0, 12);

const allows = (list: '*' | readonly string[], name: string): boolean => list === '*' || list.includes(name);

/** `*` stands for the methods that are listed; one that is not has to be named. */
export const mayUseMethod = ({ methods }: Rights, { method, unlisted }: PluginEntry): boolean =>
  methods === '*' ? unlisted !== true : methods.includes(method.id);
export const mayUseModel = ({ models }: Tenant, name: string): boolean => allows(models, name);

/** Whether the tenant may know that the method exists. */
export const mayKnowMethod = (tenant: Rights, entry: PluginEntry): boolean =>
  entry.unlisted !== true || mayUseMethod(tenant, entry);

/**
 * The method, for a tenant that may use it.
 * @throws WhylightError `method_not_found`, also for one that the tenant may not know of; `method_not_enabled` with the
 * methods that the tenant may use.
 */
export function methodFor(tenant: Rights, id: string, methods: MethodRegistry): PluginEntry {
  const known = methods.entries.filter((entry) => mayKnowMethod(tenant, entry));
  const entry = known.find(({ method }) => method.id === id);
  if (!entry) {
    throw methodNotFound(
      id,
      known.map(({ method }) => method.id),
    );
  }
  if (mayUseMethod(tenant, entry)) return entry;
  const enabled = known.filter((one) => mayUseMethod(tenant, one)).map(({ method }) => method.id);
  throw new WhylightError(
    'method_not_enabled',
    `The method ${id} is not enabled for this key. It may use ${enabled.join(', ') || 'none'}.`,
    { method: id, enabled },
  );
}

/** The rules of the plugin and of the tenant together. */
export const rulesFor = ({ parameters }: Rights, entry: PluginEntry): ParameterRules =>
  mergeRules(entry, own(parameters, entry.method.id) ?? {});

/**
 * Parameters after the defaults, and within the limits, of the plugin and of the tenant.
 * @throws WhylightError `invalid_request`
 */
export const paramsFor = (
  tenant: Rights,
  entry: PluginEntry,
  given: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> => parseParams(entry.method, given, rulesFor(tenant, entry));

/** The methods as the tenant may use them: what a method that is made of others can reach. */
export const methodsFor = (tenant: Rights, methods: MethodRegistry): MethodSource => ({
  bind(id, params = {}): BoundMethod {
    const entry = methodFor(tenant, id, methods);
    return { method: entry.method, params: paramsFor(tenant, entry, params) };
  },
});

/** The limits of the server and of the tenant together. */
export function limitsFor({ limits }: Tenant, server: Limits): Limits {
  const least = (a: number, b: number | undefined): number => Math.min(a, b ?? a);
  return {
    maxBody: least(server.maxBody, limits.body_bytes),
    maxPixels: least(server.maxPixels, limits.pixels),
    maxSamples: least(server.maxSamples, limits.samples),
    edgeMs: least(server.edgeMs, limits.edge_ms),
    edgeBytes: server.edgeBytes,
  };
}

/** Rows that a request of the tenant may evaluate where the limits of this server do not hold. */
export const samplesElsewhere = ({ limits }: Tenant): number => Math.min(MOST_SAMPLES, limits.samples ?? MOST_SAMPLES);

/**
 * Those of the representations that the tenant may have.
 * @throws WhylightError `not_acceptable` when none is left.
 */
export function offeredTo<T extends string>({ formats }: Tenant, made: readonly T[]): readonly T[] {
  const offered = made.filter((type) => formats === '*' || formats.includes(type as T & Format));
  if (offered.length > 0) return offered;
  throw new WhylightError('not_acceptable', 'This key may have none of the formats that can be made here.', {
    allowed: formats,
  });
}

/** Where the tenant's answers of a model are kept: a part of every cache key, which a purge changes. */
export function cacheScope({ id, cache, generations }: Tenant, model: string): string {
  const count = ({ tenant, models }: Generation): string => `${tenant}.${own(models, model) ?? 0}`;
  return cache.isolation === 'shared'
    ? `shared ${count(generations.all)}`
    : `tenant ${id} ${count(generations.all)} ${count(generations.own)}`;
}
