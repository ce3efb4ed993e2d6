/** Checks a tenant's policy against the built-in methods, which a schema cannot do. */
import { WhylightError } from '../core/errors.ts';
import { mergeRules } from '../core/method/params.ts';
import { MethodRegistry } from '../core/method/registry.ts';
import type { TenantPolicy } from './tenant-policy.ts';

export interface PolicyIssue {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Checks that every named method exists, and that every rule fits its parameters. @returns the mistakes */
export function checkTenant(
  { methods, parameters }: Pick<TenantPolicy, 'methods' | 'parameters'>,
  registry: MethodRegistry,
): PolicyIssue[] {
  const named = [...methods].map((id, i) => [id, i] as const).filter(([id]) => id !== '*');
  return [
    ...named.map(([id, i]) => issue(['methods', i], () => registry.get(id))),
    ...Object.entries(parameters).map(([id, rules]) =>
      issue(['parameters', id], () => {
        const entry = registry.get(id);
        return new MethodRegistry([{ ...entry, ...mergeRules(entry, rules) }]);
      }),
    ),
  ].filter((found) => found !== undefined);
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
