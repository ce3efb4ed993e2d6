/** Webhooks for jobs that have ended, signed after the Standard Webhooks specification (1.0). */
import { messageOf, WhylightError } from '../../core/errors.ts';
import type { Job } from './job.ts';

const TIMEOUT_MS = 10_000;

/**
 * Checks the URL of a webhook.
 * @throws WhylightError `invalid_request` unless it is an https URL of one of the hosts
 */
export function checkWebhook(address: string, hosts: readonly string[]): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol === 'https:' && !url.username && !url.password && hosts.includes(url.host)) return url.href;
  throw new WhylightError(
    'invalid_request',
    'The webhook must be an https URL of a host that is allowed for this key.',
    {
      issues: [{ parameter: 'webhook', message: `must be an https URL of ${hosts.join(', ') || 'no host'}` }],
      allowed: hosts,
    },
  );
}

/** Derives a tenant's signing secret, `whsec_` and base64. It is of no use for the webhooks of other tenants. */
export async function webhookSecret(secret: string, tenant: string): Promise<string> {
  return `whsec_${base64(await hmac(new TextEncoder().encode(secret), `webhook ${tenant}`))}`;
}

/**
 * Calls a webhook.
 * @param secrets secrets that the call is signed with: one, or two while receivers go over from the older to the newer
 * @returns the reason of a failure; undefined when the server accepted the call
 */
export async function deliver(
  job: Job,
  url: string,
  secrets: readonly string[],
  send: typeof fetch,
  now: number = Date.now(),
): Promise<string | undefined> {
  const { id, status, model, method, ended = now } = job;
  const body = JSON.stringify({
    type: `job.${status}`,
    timestamp: new Date(ended).toISOString(),
    data: { id, status, model, method },
  });
  const message = { id: `${id}.${status}`, timestamp: String(Math.floor(now / 1000)), body };
  try {
    const signatures = secrets.map(async (secret) => signature(await webhookSecret(secret, job.tenant), message));
    const response = await send(url, {
      method: 'POST',
      redirect: 'manual',
      body,
      headers: {
        'Content-Type': 'application/json',
        'webhook-id': message.id,
        'webhook-timestamp': message.timestamp,
        // A receiver accepts the call if one of the signatures is right.
        'webhook-signature': (await Promise.all(signatures)).join(' '),
      },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.body?.cancel();
    return response.ok ? undefined : `it answered ${response.status}`;
  } catch (error) {
    return messageOf(error);
  }
}

/** Signs a message: `v1,` and the HMAC-SHA-256 of `id.timestamp.body` in base64. */
export async function signature(
  secret: string,
  { id, timestamp, body }: { readonly id: string; readonly timestamp: string; readonly body: string },
): Promise<string> {
  const key = Uint8Array.from(atob(secret.replace(/^whsec_/, '')), (character) => character.charCodeAt(0));
  return `v1,${base64(await hmac(key, `${id}.${timestamp}.${body}`))}`;
}

async function hmac(secret: BufferSource, text: string): Promise<Uint8Array> {
  const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(text)));
}

const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));
