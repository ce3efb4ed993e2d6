/** Ledger of tenants: serialises changes, so that of two that replace the same revision, one is refused. */
import type { AuditEntry, Change, Expected } from './changes.ts';
import type { TenantRecord } from './record.ts';

export interface Ledger {
  /** Returns the latest record, which readers of KV may not have yet. */
  read(id: string): Promise<TenantRecord>;
  /** Applies a change. @returns undefined when the record does not meet the preconditions */
  change(id: string, request: ChangeRequest): Promise<TenantRecord | undefined>;
  /** Lists changes, the latest first. */
  audit(id: string): Promise<readonly AuditEntry[]>;
  /** Lists the tenants that have a policy in the ledger. */
  list(): Promise<readonly string[]>;
}

export interface ChangeRequest {
  readonly change: Change;
  readonly expected: Expected;
  readonly by: AuditEntry['by'];
  /** True if plugins.config.json has the tenant. */
  readonly inFile: boolean;
}
