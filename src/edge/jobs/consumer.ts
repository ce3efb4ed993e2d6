/** Takes jobs from the queue and runs them, at an origin where there is one. Whatever comes twice does no harm. */
import type { WaitUntil } from '../../core/engine/session-cache.ts';
import { type ErrorCode, WhylightError } from '../../core/errors.ts';
import type { Explanation } from '../../core/explainer/explanation.ts';
import { pack } from '../../protocol/packed.ts';
import type { CacheUse } from '../cache/result-cache.ts';
import type { Services } from '../services.ts';
import { methodsFor } from '../tenants/tenant.ts';
import { type KeptQuestion, packResult, unpackQuestion } from './contents.ts';
import { jobFolder } from './files.ts';
import { type Failure, hasEnded, type Job, type JobMessage, type Progress } from './job.ts';
import type { Jobs } from './jobs.ts';
import { deliver } from './webhook.ts';

/** The part of a queue's batch that is used. */
export interface JobBatch {
  readonly queue: string;
  readonly messages: readonly JobDelivery[];
}
export interface JobDelivery {
  readonly body: JobMessage;
  /** How often it has come. */
  readonly attempts: number;
  ack(): void;
  retry(options?: { readonly delaySeconds?: number }): void;
}

/** The end of the name of the queue that holds what was given up. */
const DEAD = '-dead';
const HEARTBEAT_MS = 5_000;
/** Reasons that may pass. */
const PASSING: readonly ErrorCode[] = [
  'origin_unavailable',
  'origin_timeout',
  'origin_error',
  'overloaded',
  'internal',
];
const LONGEST_WAIT_S = 60;
/** Deliveries of a webhook before it is given up. */
const MOST_DELIVERIES = 8;

type Taking = Services & { readonly jobs: Jobs };

/** @throws WhylightError `invalid_config` where there are no jobs */
export async function takeJobs(services: Services, batch: JobBatch, waitUntil: WaitUntil): Promise<void> {
  const { jobs } = services;
  if (!jobs) throw new WhylightError('invalid_config', 'A queue is bound, but not JOBS, JOB_QUEUE and JOB_FILES.');
  const taking = { ...services, jobs };
  const take = batch.queue.endsWith(DEAD) ? giveUp : doTask;
  await Promise.all(
    batch.messages.map(async (message) => {
      try {
        await take(taking, message, waitUntil);
      } catch (error) {
        services.log('error', 'a job could not be looked at', { id: message.body.id, reason: String(error) });
        message.retry({ delaySeconds: backoff(message.attempts) });
      }
    }),
  );
}

async function giveUp({ jobs }: Taking, message: JobDelivery): Promise<void> {
  const { task, tenant, id } = message.body;
  if (task === 'run') await jobs.abandon(tenant, id);
  else await jobs.announced(tenant, id);
  message.ack();
}

const doTask = (services: Taking, message: JobDelivery, waitUntil: WaitUntil): Promise<void> =>
  message.body.task === 'run' ? runJob(services, message, waitUntil) : announce(services, message);

async function runJob(services: Taking, message: JobDelivery, waitUntil: WaitUntil): Promise<void> {
  const { jobs, log } = services;
  const { tenant, id } = message.body;
  const job = await jobs.lease(tenant, id);
  // It has ended, or another delivery is at it; should that one die, the job's own clock sends it again.
  if (!job) return message.ack();
  const pulse = beat(jobs, job);
  try {
    const kept = unpackQuestion(await jobs.files.get(job.question));
    const explanation = await explain(services, kept, job, pulse, waitUntil);
    const result = `${jobFolder(tenant, id)}result-${job.attempts}`;
    const { model, seconds } = { model: kept.question.model, seconds: kept.seconds };
    await jobs.files.put(
      result,
      packResult({ explanation, model: { name: model.name, version: kept.version }, wanted: kept.wanted }),
    );
    // Before the end is seen: whoever waited for it and asks the same question finds the answer.
    if (seconds > 0) await remember(services, kept.wanted.key, explanation, { seconds, waitUntil });
    if (await jobs.succeed(tenant, id, job.attempts, result)) {
      log('info', 'a job succeeded', { id, tenant, attempts: job.attempts });
      await jobs.files.remove([job.question]);
    } else {
      await jobs.files.remove([result]);
    }
    message.ack();
  } catch (error) {
    if (pulse.signal.aborted) return message.ack();
    const failure = failureOf(error);
    const after = await jobs.fail(tenant, id, job.attempts, failure, !PASSING.includes(failure.code));
    log('warn', 'an attempt of a job failed', { id, tenant, attempt: job.attempts, ...failure });
    if (!after || hasEnded(after)) message.ack();
    else message.retry({ delaySeconds: backoff(job.attempts) });
  } finally {
    pulse.stop();
  }
}

/** A cache that fails costs a run later on, not the job. */
async function remember({ cache, log }: Taking, key: string, explanation: Explanation, use: CacheUse): Promise<void> {
  try {
    await cache.put(key, pack(explanation), use);
  } catch (error) {
    log('warn', 'the result of a job was not cached', { reason: String(error) });
  }
}

/** @throws WhylightError `forbidden`, `conflict`, as `ModelCatalogue.get` and as the run itself */
async function explain(
  services: Taking,
  { question, version, trace }: KeptQuestion,
  job: Job,
  pulse: Pulse,
  waitUntil: WaitUntil,
): Promise<Explanation> {
  const { models, tenants, origin, explainer, pause } = services;
  const known = await tenants.tenants.get(job.tenant, waitUntil);
  if (!known || known.tenant.disabled) throw new WhylightError('forbidden', 'The tenant of the job is no more.');
  const { model, parcel } = await models.get(question.model.name, known.tenant, waitUntil, version);
  if (model.digest !== question.model.digest) {
    throw new WhylightError('conflict', 'The model was replaced while the job waited: hand it in again.');
  }
  const { request, rights, maxSamples } = question;
  const hooks = {
    signal: pulse.signal,
    ...(maxSamples !== undefined && { maxSamples }),
    progress: (done: number, total: number) => pulse.progress({ done, total }),
    waitUntil,
  };
  return origin
    ? origin.explain(model, request, { ...hooks, rights, trace, ...(parcel && { parcel }) })
    : explainer.explain(model, request, {
        ...hooks,
        methods: methodsFor(rights, explainer.methods),
        ...(pause && { pause }),
      });
}

interface Pulse {
  /** Ends when the attempt is to stop. */
  readonly signal: AbortSignal;
  progress(progress: Progress): void;
  stop(): void;
}

/** Tells every few seconds that the attempt lives, and hears whether it should. */
function beat(jobs: Jobs, { tenant, id, attempts }: Job): Pulse {
  const stop = new AbortController();
  let last: Progress | undefined;
  const timer = setInterval(() => {
    jobs.alive(tenant, id, attempts, last).then(
      (goOn) => goOn || stop.abort(new WhylightError('aborted', 'The job was cancelled, or taken over.')),
      // Should this go on, the lease ends and another attempt begins: no result is lost by it.
      () => undefined,
    );
  }, HEARTBEAT_MS);
  return {
    signal: stop.signal,
    progress(progress) {
      last = progress;
    },
    stop: () => clearInterval(timer),
  };
}

async function announce(services: Taking, message: JobDelivery): Promise<void> {
  const { jobs, log, fetch, webhookSecret } = services;
  const { tenant, id } = message.body;
  const job = await jobs.get(tenant, id);
  if (!job || !hasEnded(job) || job.announced || job.webhook === undefined) return message.ack();
  const problem = webhookSecret ? await deliver(job, job.webhook, webhookSecret, fetch) : 'there is no WEBHOOK_SECRET';
  if (problem === undefined || message.attempts >= MOST_DELIVERIES) {
    if (problem !== undefined) log('warn', 'a webhook was given up', { id, tenant, reason: problem });
    await jobs.announced(tenant, id);
    return message.ack();
  }
  log('warn', 'a webhook did not answer', { id, tenant, attempt: message.attempts, reason: problem });
  message.retry({ delaySeconds: Math.min(3600, 5 * 4 ** (message.attempts - 1)) });
}

const backoff = (attempts: number): number => Math.min(LONGEST_WAIT_S, 2 ** Math.min(attempts, 6));

function failureOf(error: unknown): Failure {
  if (WhylightError.is(error)) return { code: error.code, message: error.message, details: error.details };
  return { code: 'internal', message: error instanceof Error ? error.message : String(error), details: {} };
}
