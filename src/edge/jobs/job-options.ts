/** Options of background jobs, which are checked in every request. */
import { WhylightError } from '../../core/errors.ts';
import type { Tenant } from '../tenants/tenant.ts';
import { checkWebhook } from './webhook.ts';

/** Visible ASCII; the draft on Idempotency-Key leaves the format to servers. */
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/** Parts of a request that only a job uses. */
export interface JobOptions {
  /** URL to call when the job has ended. */
  readonly webhook?: string;
  /** The `Idempotency-Key` header. */
  readonly idempotencyKey?: string;
  /** False on a server that has no secret to sign webhooks with. */
  readonly canCallWebhooks: boolean;
}

/**
 * Checks them in every request, whether it becomes a job or is answered at once.
 * @returns the URL of the webhook
 * @throws WhylightError `invalid_request`
 */
export function checkJobOptions(tenant: Tenant, options: JobOptions): string | undefined {
  const { webhook, idempotencyKey: key, canCallWebhooks } = options;
  if (key !== undefined && !IDEMPOTENCY_KEY.test(key)) {
    throw new WhylightError('invalid_request', 'Idempotency-Key must be 1 to 255 visible ASCII characters.');
  }
  return webhook === undefined ? undefined : checkWebhook(webhook, canCallWebhooks ? tenant.webhook_hosts : []);
}
