/** Rights of a tenant to methods and their parameters. */
import { WhylightError } from '../../core/errors.ts';
import type { BoundMethod, MethodSource } from '../../core/method/contract.ts';
import { mergeRules, type ParameterRules, parseParams } from '../../core/method/params.ts';
import {
  type ListedMethod,
  type MethodRegistry,
  methodNotFound,
  type PluginEntry,
} from '../../core/method/registry.ts';
import { ownProperty } from './own-property.ts';
import type { Tenant } from './tenant.ts';

/** The part of a tenant that decides on methods and their parameters. */
export type Rights = Pick<Tenant, 'methods' | 'parameters'> & Partial<Pick<Tenant, 'versions'>>;

/** The rights alone, as requests to an origin and jobs carry them. */
export const rightsOf = ({ methods, parameters, versions = {} }: Rights): Rights => ({ methods, parameters, versions });

/** Ids that run the method of this id for the tenant, in place of the methods that have them. */
const pinnedTo = ({ versions = {} }: Rights, id: string): string[] =>
  Object.keys(versions).filter((name) => versions[name] === id);

/**
 * Returns true if the tenant may run the method. `*` stands for the listed methods, alone or in a list; an unlisted one
 * has to be named: `["*", "mfpp"]`. A version that the tenant is pinned to may be used where the method itself may.
 */
export const mayUseMethod = (rights: Rights, { method, unlisted }: ListedMethod): boolean => {
  const { methods } = rights;
  if (methods.includes(method.id) || (methods.includes('*') && unlisted !== true)) return true;
  return pinnedTo(rights, method.id).some((id) => methods.includes(id) || methods.includes('*'));
};

/** Returns true if the tenant may know that the method exists; a version is known in place of the method that it stands for. */
export const mayKnowMethod = (tenant: Rights, entry: ListedMethod): boolean =>
  ownProperty(tenant.versions ?? {}, entry.method.id) === undefined &&
  (entry.unlisted !== true || mayUseMethod(tenant, entry));

/**
 * Looks up a method for a tenant that may use it: the version that the tenant is pinned to, where it is.
 * @throws WhylightError `method_not_found`, also for a method that is hidden from the tenant; `method_not_enabled` with
 * the methods that the tenant may use.
 * @throws NotAnswered until the method is loaded
 */
export function methodFor(tenant: Rights, id: string, methods: MethodRegistry): PluginEntry {
  const known = methods.listed.filter((entry) => mayKnowMethod(tenant, entry));
  const version = ownProperty(tenant.versions ?? {}, id) ?? id;
  const listed = known.find(({ method }) => method.id === version);
  if (!listed) {
    throw methodNotFound(
      id,
      known.map(({ method }) => method.id),
    );
  }
  if (mayUseMethod(tenant, listed)) return methods.get(version);
  const enabled = known.filter((candidate) => mayUseMethod(tenant, candidate)).map(({ method }) => method.id);
  throw new WhylightError(
    'method_not_enabled',
    `The method ${id} is not enabled for this key. It may use ${enabled.join(', ') || 'none'}.`,
    { method: id, enabled },
  );
}

/** Combines the parameter rules of the plugin and of the tenant, those for methods that it is a version of included. */
export const rulesFor = (rights: Rights, entry: PluginEntry): ParameterRules =>
  [entry.method.id, ...pinnedTo(rights, entry.method.id)].reduce<ParameterRules>(
    (rules, id) => mergeRules(rules, ownProperty(rights.parameters, id) ?? {}),
    entry,
  );

/**
 * Parses parameters within the limits of the plugin and of the tenant, and fills in their defaults.
 * @throws WhylightError `invalid_request`
 */
export const paramsFor = (
  tenant: Rights,
  entry: PluginEntry,
  given: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> => parseParams(entry.method, given, rulesFor(tenant, entry));

const sources = new WeakMap<Rights, WeakMap<MethodRegistry, MethodSource>>();

/**
 * Methods within the tenant's rights, for methods that are made of other methods.
 * @returns the same object for the same tenant, so that answers of methods are found again
 */
export function methodsFor(tenant: Rights, methods: MethodRegistry): MethodSource {
  const known = sources.get(tenant) ?? new WeakMap<MethodRegistry, MethodSource>();
  sources.set(tenant, known);
  const source = known.get(methods) ?? {
    bind(id, params = {}): BoundMethod {
      const entry = methodFor(tenant, id, methods);
      return { method: entry.method, params: paramsFor(tenant, entry, params) };
    },
  };
  known.set(methods, source);
  return source;
}
