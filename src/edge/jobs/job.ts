/** State machine of a job: pure functions from one state to the next. */
import type { ErrorCode } from '../../core/errors.ts';

/** State of a job; `queued` and `running` change, the others are final. */
export type JobStatus = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';

/** Error of a job, or of an attempt. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** A job to submit. */
export interface NewJob {
  readonly tenant: string;
  readonly id: string;
  /** Digest of the request: the same idempotency key with another request is refused. */
  readonly fingerprint: string;
  /** Key of the stored request, see `JobFiles`. */
  readonly question: string;
  readonly model: string;
  readonly method: string;
  /** URL to call when the job has ended. */
  readonly webhook?: string;
}

export interface Job extends NewJob {
  readonly status: JobStatus;
  /** Milliseconds since 1970, as are all times of a job. */
  readonly created: number;
  readonly updated: number;
  /** Time of the last message to the queue, and the number of messages: the queue may lose one. */
  readonly sent: number;
  readonly sends: number;
  /** Number of attempts that have begun. */
  readonly attempts: number;
  /** End of the running attempt's lease. */
  readonly leasedUntil?: number;
  readonly progress?: Progress;
  /** Error of the last attempt that failed, and of the job once it has failed. */
  readonly failure?: Failure;
  /** Key of the stored result. */
  readonly result?: string;
  readonly ended?: number;
  /** Number of calls of the webhook that have begun. */
  readonly deliveries?: number;
  /** Time of the next call of the webhook, should the last one fail. */
  readonly nextDelivery?: number;
  /** True once the webhook was called, or given up. */
  readonly announced?: boolean;
}

export interface Progress {
  readonly done: number;
  readonly total: number;
}

/** Message of the queue, which delivers at least once: a message may come twice, or late. */
export interface JobMessage {
  /** `run` the job, or call its webhook. */
  readonly task: 'run' | 'announce';
  readonly tenant: string;
  readonly id: string;
}

/** Time limits in milliseconds. */
export interface JobTimes {
  /** Time without a heartbeat after which an attempt counts as dead. */
  readonly lease: number;
  /** Time after which a job that no consumer takes is sent to the queue again; doubled each time. */
  readonly resend: number;
  /** Time after which a job that has not ended fails. */
  readonly maxAge: number;
  /** Lifetime of the result. */
  readonly resultAge: number;
}

const MINUTE = 60_000;
export const JOB_TIMES: JobTimes = {
  lease: 30_000,
  resend: MINUTE,
  maxAge: 120 * MINUTE,
  resultAge: 24 * 60 * MINUTE,
};

/** Maximum number of attempts of a job that fails for transient reasons. */
export const MAX_ATTEMPTS = 12;

/**
 * Waits after each call of a webhook that fails: 15 s, 1, 5 and 30 minutes, 2, 5 and 10 hours. Eight calls end within the
 * day for which the job is kept, and the first wait is longer than a call.
 */
const DELIVERY_WAITS = [MINUTE / 4, MINUTE, 5 * MINUTE, 30 * MINUTE, 120 * MINUTE, 300 * MINUTE, 600 * MINUTE];

/** Maximum number of calls of a webhook. */
export const MAX_DELIVERIES = DELIVERY_WAITS.length + 1;

export const hasEnded = ({ status }: Pick<Job, 'status'>): boolean => status !== 'queued' && status !== 'running';

export const accepted = (job: NewJob, now: number): Job => ({
  ...job,
  status: 'queued',
  created: now,
  updated: now,
  sent: now,
  sends: 1,
  attempts: 0,
});

/** Begins an attempt; undefined when there is nothing to do, or another attempt runs. */
export function leased(job: Job, now: number, { lease }: JobTimes): Job | undefined {
  const isFree = job.status === 'queued' || (job.status === 'running' && (job.leasedUntil ?? 0) <= now);
  if (!isFree) return undefined;
  const { progress: _, ...rest } = job;
  return { ...rest, status: 'running', attempts: job.attempts + 1, leasedUntil: now + lease, updated: now };
}

/** Extends the lease of an attempt; undefined when the job was cancelled, or another attempt has taken over. */
export function alive(
  job: Job,
  attempt: number,
  progress: Progress | undefined,
  now: number,
  { lease }: JobTimes,
): Job | undefined {
  if (!runs(job, attempt)) return undefined;
  return { ...job, ...(progress && { progress }), leasedUntil: now + lease, updated: now };
}

/** Ends the job with a result; undefined when the attempt no longer counts. */
export function succeeded(job: Job, attempt: number, result: string, now: number): Job | undefined {
  if (!runs(job, attempt)) return undefined;
  const { failure: _, ...rest } = job;
  return ended({ ...rest, result }, 'succeeded', now);
}

/** Ends an attempt with a failure. The job fails when it is `final`, or after too many attempts. */
export function attemptFailed(
  job: Job,
  attempt: number,
  failure: Failure,
  final: boolean,
  now: number,
): Job | undefined {
  if (!runs(job, attempt)) return undefined;
  if (final || attempt >= MAX_ATTEMPTS) return ended({ ...job, failure }, 'failed', now);
  const { leasedUntil: _, ...rest } = job;
  return { ...rest, status: 'queued', failure, updated: now, sent: now };
}

export function cancelled(job: Job, now: number): Job {
  return hasEnded(job) ? job : ended(job, 'cancelled', now);
}

/** Fails a job that the queue has given up on. An attempt with a lease goes on. */
export function abandoned(job: Job, now: number): Job {
  if (hasEnded(job) || (job.status === 'running' && (job.leasedUntil ?? 0) > now)) return job;
  return ended({ ...job, failure: job.failure ?? GIVEN_UP }, 'failed', now);
}

/**
 * Begins a call of the webhook, whose number is `deliveries`; undefined when there is none to make, or its time has not
 * come: messages may come twice while one series of calls is under way.
 */
export function announcing(job: Job, now: number): Job | undefined {
  const { webhook, announced, deliveries = 0, nextDelivery = 0 } = job;
  if (!hasEnded(job) || webhook === undefined || announced || nextDelivery > now) return undefined;
  if (deliveries >= MAX_DELIVERIES) return undefined;
  const wait = DELIVERY_WAITS[deliveries] ?? MINUTE;
  return { ...job, deliveries: deliveries + 1, nextDelivery: now + wait, sends: 1, updated: now };
}

/** Action that is due at some time. */
export type Due = 'send' | 'expire' | 'announce' | 'forget';

/** Returns the next action and its time. */
export function due(job: Job, times: JobTimes): { readonly what: Due; readonly at: number } {
  if (job.ended !== undefined) {
    const forget = { what: 'forget', at: job.ended + times.resultAge } as const;
    const { nextDelivery = 0, deliveries = 0 } = job;
    // Once the message of a call is sent, the queue has some time to deliver it.
    const lost = job.sent + times.resend * 2 ** Math.min(job.sends - 1, 10);
    const at = nextDelivery > job.sent ? nextDelivery : lost;
    const isOver = job.webhook === undefined || job.announced || deliveries >= MAX_DELIVERIES;
    return isOver || at >= forget.at ? forget : { what: 'announce', at };
  }
  const expire = { what: 'expire', at: job.created + times.maxAge } as const;
  const at =
    job.status === 'running'
      ? (job.leasedUntil ?? 0)
      : job.sent + times.resend * 2 ** Math.min(Math.max(0, job.sends - 1), 10);
  return at < expire.at ? { what: 'send', at } : expire;
}

/** Records another message to the queue. A job whose attempt has died is queued again. */
export function sentAgain(job: Job, now: number): Job {
  const { leasedUntil: _, ...rest } = job;
  const status = job.status === 'running' ? 'queued' : job.status;
  return { ...rest, status, sent: now, sends: job.sends + 1, updated: now };
}

export function expired(job: Job, now: number): Job {
  return hasEnded(job) ? job : ended({ ...job, failure: job.failure ?? TOO_LATE }, 'failed', now);
}

const runs = (job: Job, attempt: number): boolean => job.status === 'running' && job.attempts === attempt;

function ended(job: Job, status: JobStatus, now: number): Job {
  const { leasedUntil: _, ...rest } = job;
  return { ...rest, status, updated: now, ended: now, sent: now, sends: 1 };
}

const GIVEN_UP: Failure = {
  code: 'origin_unavailable',
  message: 'The queue gave up on the job, and no attempt has reported a reason.',
  details: {},
};

const TOO_LATE: Failure = {
  code: 'deadline_exceeded',
  message: 'The job did not run within the time that jobs have.',
  details: {},
};
