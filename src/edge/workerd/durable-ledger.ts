/** The ledger in Workers: one Durable Object for each tenant decides, and KV tells everybody. */
import { DurableObject } from 'cloudflare:workers';
import { type AuditEntry, applied, auditEntry, meets } from '../tenants/changes.ts';
import { listRecords, publishRecord } from '../tenants/kv-tenants.ts';
import type { ChangeRequest, Ledger } from '../tenants/ledger.ts';
import { EMPTY_RECORD, type TenantRecord } from '../tenants/record.ts';

/** Audit entries that are kept of a tenant. */
const AUDIT = 1000;
const RETRY_MS = 2000;

const auditKey = (revision: number): string => `audit/${String(revision).padStart(12, '0')}`;

/**
 * Durable Object class of the tenant ledger: one object per tenant orders its changes and publishes them to KV. A
 * Worker that embeds the app exports it, and binds it as `LEDGER` in its `wrangler.toml`.
 *
 * @example
 * import { createEdge } from 'whylight/edge';
 * export { TenantLedger } from 'whylight/edge';
 * export default createEdge({ methods: [gradCam], models: { cifar10: 'models/cifar10' } });
 * @see https://developers.cloudflare.com/durable-objects/
 */
export class TenantLedger extends DurableObject<{ readonly TENANTS: KVNamespace }> {
  /** Returns the record of the tenant; an empty one when nothing has been changed. */
  async read(): Promise<TenantRecord> {
    return (await this.ctx.storage.get<TenantRecord>('record')) ?? EMPTY_RECORD;
  }

  /** Applies a change and publishes it. Returns undefined when the record is not the expected one. */
  async change(id: string, { change, expected, by, inFile }: ChangeRequest): Promise<TenantRecord | undefined> {
    // Nobody else gets a turn in between, not even while KV is written.
    return this.ctx.blockConcurrencyWhile(async () => {
      const record = await this.read();
      if (!meets(expected, record, inFile)) return undefined;
      const next = applied(record, change);
      const entry = auditEntry(change, next.revision, by, new Date().toISOString());
      await this.ctx.storage.put({ id, record: next, [auditKey(next.revision)]: entry });
      await this.ctx.storage.delete(auditKey(next.revision - AUDIT));
      await this.publish().catch(() => this.ctx.storage.setAlarm(Date.now() + RETRY_MS));
      return next;
    });
  }

  /** Returns the audit entries, newest first. */
  async audit(): Promise<AuditEntry[]> {
    const entries = await this.ctx.storage.list<AuditEntry>({ prefix: 'audit/', reverse: true, limit: AUDIT });
    return [...entries.values()];
  }

  /** KV takes one write a second for a key, and may be down: what it does not have yet is told again. */
  override async alarm(): Promise<void> {
    await this.publish();
  }

  private async publish(): Promise<void> {
    const { storage } = this.ctx;
    const id = (await storage.get<string>('id')) as string;
    const [before, record] = [(await storage.get<TenantRecord>('published')) ?? EMPTY_RECORD, await this.read()];
    await publishRecord(this.env.TENANTS, id, before, record);
    await storage.put('published', record);
  }
}

/** The object from outside. Said here, since the types of remote calls do not end with JSON of any depth. */
type Remote = { [M in 'read' | 'change' | 'audit']: Ledger[M] };

export function durableLedger(objects: DurableObjectNamespace, kv: KVNamespace): Ledger {
  const of = (id: string) => objects.get(objects.idFromName(id)) as unknown as Remote;
  return {
    read: (id) => of(id).read(id),
    change: (id, request) => of(id).change(id, request),
    audit: (id) => of(id).audit(id),
    list: () => listRecords(kv),
  };
}
