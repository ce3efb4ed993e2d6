/** Who asks, and what they may use. */
import type { TenantConfig } from '../../core/config.ts';
import { WhylightError } from '../../core/errors.ts';
import { type ParameterRules, parseParams } from '../../core/method/params.ts';
import type { MethodRegistry, PluginEntry } from '../../core/method/registry.ts';

export interface Tenant extends Omit<TenantConfig, 'keys' | 'description'> {
  readonly id: string;
}

const allows = (list: '*' | readonly string[], name: string): boolean => list === '*' || list.includes(name);

export const mayUseMethod = ({ methods }: Tenant, id: string): boolean => allows(methods, id);
export const mayUseModel = ({ models }: Tenant, name: string): boolean => allows(models, name);

/**
 * The method, for a tenant that may use it.
 * @throws WhylightError `method_not_found`; `method_not_enabled` with the methods that the tenant may use.
 */
export function methodFor(tenant: Tenant, id: string, methods: MethodRegistry): PluginEntry {
  const entry = methods.get(id);
  if (mayUseMethod(tenant, id)) return entry;
  const enabled = methods.ids.filter((method) => mayUseMethod(tenant, method));
  throw new WhylightError(
    'method_not_enabled',
    `The method ${id} is not enabled for this key. It may use ${enabled.join(', ') || 'none'}.`,
    { method: id, enabled },
  );
}

/**
 * Parameters after the defaults, and within the limits, of the plugin and of the tenant.
 * @throws WhylightError `invalid_request`
 */
export function paramsFor(
  { parameters }: Tenant,
  { method, defaults, limits }: PluginEntry,
  given: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const own: ParameterRules = parameters[method.id] ?? {};
  const bounds = { ...limits };
  for (const [name, most] of Object.entries(own.limits ?? {})) bounds[name] = Math.min(most, bounds[name] ?? most);
  return parseParams(method, given, { defaults: { ...defaults, ...own.defaults }, limits: bounds });
}
