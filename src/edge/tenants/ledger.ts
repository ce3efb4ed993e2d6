/** Where changes of tenants are decided: one after the other, so that of two that replace the same, one is refused. */
import type { AuditEntry, Change, Expected } from './changes.ts';
import type { TenantRecord } from './record.ts';

export interface Ledger {
  /** What was last decided, which readers may not have yet. */
  read(id: string): Promise<TenantRecord>;
  /** @returns undefined when the record is not what the change expects. */
  change(id: string, request: ChangeRequest): Promise<TenantRecord | undefined>;
  /** The latest first. */
  audit(id: string): Promise<readonly AuditEntry[]>;
  /** Names of the tenants that have a policy of their own. */
  list(): Promise<readonly string[]>;
}

export interface ChangeRequest {
  readonly change: Change;
  readonly expected: Expected;
  readonly by: AuditEntry['by'];
  /** Whether plugins.config.json has the tenant. */
  readonly inFile: boolean;
}
