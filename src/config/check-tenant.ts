/** Checks a tenant's policy against the built-in methods, which a schema cannot do. */
import { WhylightError } from '../core/errors.ts';
import { mergeRules } from '../core/method/params.ts';
import { MethodRegistry, type PluginEntry } from '../core/method/registry.ts';
import { privateReason } from './host-names.ts';
import type { TenantPolicy } from './tenant-policy.ts';

const HOSTS = ['image_hosts', 'webhook_hosts'] as const;

type CheckedPolicy = Pick<TenantPolicy, 'methods' | 'parameters'> &
  Partial<Pick<TenantPolicy, 'versions' | 'files' | 'private_hosts' | 'jwt' | (typeof HOSTS)[number]>>;

export interface PolicyIssue {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/**
 * Checks that every named method exists, that every rule fits its parameters, that methods with files read some, and that
 * hosts are public names.
 * @returns the mistakes
 */
export function checkTenant(policy: CheckedPolicy, registry: MethodRegistry): PolicyIssue[] {
  const { methods, parameters, versions = {}, files = {} } = policy;
  const named = [...methods].map((id, i) => [id, i] as const).filter(([id]) => id !== '*');
  return [
    ...(policy.private_hosts ? [] : privateHosts(policy)),
    ...named.map(([id, i]) => issue(['methods', i], () => registry.get(id))),
    ...Object.entries(versions).flatMap(([id, version]) =>
      [id, version].map((one) => issue(['versions', id], () => registry.get(one))),
    ),
    ...Object.keys(files).map((id) => issue(['files', id], () => refuseUnread(registry.get(id)))),
    ...Object.entries(parameters).map(([id, rules]) =>
      issue(['parameters', id], () => {
        const entry = registry.get(id);
        return new MethodRegistry([{ ...entry, ...mergeRules(entry, rules) }]);
      }),
    ),
  ].filter((found) => found !== undefined);
}

/** @throws WhylightError `invalid_config` for a method that loads nothing */
function refuseUnread({ method: { id, setup } }: PluginEntry): void {
  if (!setup) throw new WhylightError('invalid_config', `The method ${id} reads no files: take it out of "files".`);
}

function privateHosts(policy: CheckedPolicy): PolicyIssue[] {
  const url = policy.jwt?.jwks_url;
  const named = [
    ...HOSTS.flatMap((key) => (policy[key] ?? []).map((host, i) => ({ path: [key, i], host }))),
    ...(url === undefined ? [] : [{ path: ['jwt', 'jwks_url'], host: new URL(url).host }]),
  ];
  return named.flatMap(({ path, host }) => {
    const reason = privateReason(host);
    if (reason === undefined) return [];
    return [{ path, message: `${reason}: give a public host name, or set private_hosts to allow it.` }];
  });
}

function issue(path: PolicyIssue['path'], check: () => unknown): PolicyIssue | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (!WhylightError.is(error)) throw error;
    return { path, message: error.message };
  }
}
