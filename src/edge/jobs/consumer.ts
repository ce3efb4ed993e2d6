/** Consumer of the job queue: runs jobs, at an origin where there is one, and calls webhooks. Deliveries may repeat. */
import type { WaitUntil } from '../../core/engine/session-cache.ts';
import { WhylightError } from '../../core/errors.ts';
import { MAX_DELIVERIES } from './job.ts';
import type { Jobs } from './jobs.ts';
import type { JobBatch, JobDelivery, JobServices } from './queue.ts';
import { backoff, runJob } from './run-job.ts';
import { deliver } from './webhook.ts';

/** End of the name of the dead letter queue. */
const DEAD_LETTER_SUFFIX = '-dead';

/**
 * Handles a batch of messages. A message that cannot be handled is retried.
 * @throws WhylightError `invalid_config` where there are no jobs
 */
export async function consumeJobs(
  { jobs, ...others }: Omit<JobServices, 'jobs'> & { readonly jobs?: Jobs },
  batch: JobBatch,
  waitUntil: WaitUntil,
): Promise<void> {
  if (!jobs) throw new WhylightError('invalid_config', 'A queue is bound, but not JOBS, JOB_QUEUE and JOB_FILES.');
  const services = { ...others, jobs };
  const handle = batch.queue.endsWith(DEAD_LETTER_SUFFIX) ? giveUp : handleTask;
  await Promise.all(
    batch.messages.map(async (message) => {
      try {
        await handle(services, message, waitUntil);
      } catch (error) {
        services.log('error', 'a job message could not be handled', { id: message.body.id, reason: String(error) });
        message.retry({ delaySeconds: backoff(message.attempts) });
      }
    }),
  );
}

async function giveUp({ jobs }: JobServices, message: JobDelivery): Promise<void> {
  const { task, tenant, id } = message.body;
  if (task === 'run') await jobs.abandon(tenant, id);
  else await jobs.announced(tenant, id);
  message.ack();
}

const handleTask = (services: JobServices, message: JobDelivery, waitUntil: WaitUntil): Promise<void> =>
  message.body.task === 'run' ? runJob(services, message, waitUntil) : callWebhook(services, message);

/** Calls a webhook once. The state of the job says when the next call is due, whatever messages come. */
async function callWebhook(services: JobServices, message: JobDelivery): Promise<void> {
  const { jobs, log, fetch, webhookSecret, olderWebhookSecret } = services;
  const { tenant, id } = message.body;
  const job = await jobs.announcing(tenant, id);
  if (job?.webhook === undefined) return message.ack();
  const attempt = job.deliveries ?? 1;
  const secrets = [webhookSecret, olderWebhookSecret].filter((secret) => secret !== undefined);
  const failure = webhookSecret ? await deliver(job, job.webhook, secrets, fetch) : 'there is no WEBHOOK_SECRET';
  if (failure === undefined || attempt >= MAX_DELIVERIES) {
    if (failure !== undefined) log('warn', 'a webhook was given up', { id, tenant, reason: failure });
    await jobs.announced(tenant, id);
    return message.ack();
  }
  log('warn', 'a webhook failed', { id, tenant, attempt, reason: failure });
  message.ack();
}
