/** Who asks, and what they may use. */
import { WhylightError } from '../../core/errors.ts';

export interface Tenant {
  readonly id: string;
  /** Ids of the methods; all when left out. */
  readonly methods?: ReadonlySet<string>;
  /** Names of the models; all when left out. */
  readonly models?: ReadonlySet<string>;
}

export const mayUseMethod = ({ methods }: Tenant, id: string): boolean => methods?.has(id) ?? true;
export const mayUseModel = ({ models }: Tenant, name: string): boolean => models?.has(name) ?? true;

/**
 * @param known ids of all methods that are built in
 * @throws WhylightError `method_not_enabled` with the methods that the tenant may use.
 */
export function checkMethodEnabled(tenant: Tenant, id: string, known: readonly string[]): void {
  if (mayUseMethod(tenant, id)) return;
  const enabled = known.filter((method) => mayUseMethod(tenant, method));
  throw new WhylightError(
    'method_not_enabled',
    `The method ${id} is not enabled for this key. It may use ${enabled.join(', ') || 'none'}.`,
    { method: id, enabled },
  );
}
