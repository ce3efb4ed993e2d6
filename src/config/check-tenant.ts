/** Whether a tenant's policy fits the methods that are built in: what a schema alone cannot say. */
import { WhylightError } from '../core/errors.ts';
import { mergeRules } from '../core/method/params.ts';
import { MethodRegistry } from '../core/method/registry.ts';
import type { TenantPolicy } from './tenant-policy.ts';

export interface PolicyIssue {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Every method that is named must be there, and every rule about its parameters must fit it. */
export function checkTenant(
  { methods, parameters }: Pick<TenantPolicy, 'methods' | 'parameters'>,
  registry: MethodRegistry,
): PolicyIssue[] {
  const listed = methods === '*' ? [] : methods;
  return [
    ...listed.map((id, i) => issue(['methods', i], () => registry.get(id))),
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
