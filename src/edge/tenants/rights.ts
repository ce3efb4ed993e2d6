/** Rights of a tenant to methods and their parameters. */
import { WhylightError } from '../../core/errors.ts';
import type { BoundMethod, MethodSource } from '../../core/method/contract.ts';
import { mergeRules, type ParameterRules, parseParams } from '../../core/method/params.ts';
import { type MethodRegistry, methodNotFound, type PluginEntry } from '../../core/method/registry.ts';
import { ownProperty } from './own-property.ts';
import type { Tenant } from './tenant.ts';

/** The part of a tenant that decides on methods and their parameters. */
export type Rights = Pick<Tenant, 'methods' | 'parameters'>;

/**
 * Returns true if the tenant may run the method. `*` stands for the listed methods, alone or in a list; an unlisted one
 * has to be named: `["*", "mfpp"]`.
 */
export const mayUseMethod = ({ methods }: Rights, { method, unlisted }: PluginEntry): boolean =>
  methods.includes(method.id) || (methods.includes('*') && unlisted !== true);

/** Returns true if the tenant may know that the method exists. */
export const mayKnowMethod = (tenant: Rights, entry: PluginEntry): boolean =>
  entry.unlisted !== true || mayUseMethod(tenant, entry);

/**
 * Looks up a method for a tenant that may use it.
 * @throws WhylightError `method_not_found`, also for a method that is hidden from the tenant; `method_not_enabled` with
 * the methods that the tenant may use.
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
  const enabled = known.filter((candidate) => mayUseMethod(tenant, candidate)).map(({ method }) => method.id);
  throw new WhylightError(
    'method_not_enabled',
    `The method ${id} is not enabled for this key. It may use ${enabled.join(', ') || 'none'}.`,
    { method: id, enabled },
  );
}

/** Combines the parameter rules of the plugin and of the tenant. */
export const rulesFor = ({ parameters }: Rights, entry: PluginEntry): ParameterRules =>
  mergeRules(entry, ownProperty(parameters, entry.method.id) ?? {});

/**
 * Parses parameters within the limits of the plugin and of the tenant, and fills in their defaults.
 * @throws WhylightError `invalid_request`
 */
export const paramsFor = (
  tenant: Rights,
  entry: PluginEntry,
  given: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> => parseParams(entry.method, given, rulesFor(tenant, entry));

/** Methods within the tenant's rights, for methods that are made of other methods. */
export const methodsFor = (tenant: Rights, methods: MethodRegistry): MethodSource => ({
  bind(id, params = {}): BoundMethod {
    const entry = methodFor(tenant, id, methods);
    return { method: entry.method, params: paramsFor(tenant, entry, params) };
  },
});
