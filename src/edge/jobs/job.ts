/** A job as it is kept, and what can become of it. Nothing here touches storage, queues or clocks. */
import type { ErrorCode } from '../../core/errors.ts';

/** `queued` and `running` go on; the others are for good. */
export type JobStatus = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';

/** Why a job failed, or an attempt of it. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** What is said of a job when it is handed in. */
export interface NewJob {
  readonly tenant: string;
  readonly id: string;
  /** Names what was asked: the same key for another question is refused. */
  readonly fingerprint: string;
  /** Where the question lies, see `JobFiles`. */
  readonly question: string;
  readonly model: string;
  readonly method: string;
  /** Told when the job has ended. */
  readonly webhook?: string;
}

export interface Job extends NewJob {
  readonly status: JobStatus;
  /** Milliseconds since 1970, as are all times of a job. */
  readonly created: number;
  readonly updated: number;
  /** When the queue was last told, and how often: it may have lost a message. */
  readonly sent: number;
  readonly sends: number;
  /** Counts the runs that have begun. */
  readonly attempts: number;
  /** Until when the attempt that runs is believed to live. */
  readonly leasedUntil?: number;
  readonly progress?: Progress;
  /** Of the last attempt that failed; of the job, once that has failed. */
  readonly failure?: Failure;
  /** Where the result lies. */
  readonly result?: string;
  readonly ended?: number;
  /** Whether the webhook has been told, or given up. */
  readonly announced?: boolean;
}

export interface Progress {
  readonly done: number;
  readonly total: number;
}

/** What the queue carries. At least once: each may come twice, or late. */
export interface JobMessage {
  /** `run` it, or tell its webhook that it has ended. */
  readonly task: 'run' | 'announce';
  readonly tenant: string;
  readonly id: string;
}

/** Milliseconds. */
export interface JobTimes {
  /** After which an attempt without a sign of life is dead. */
  readonly lease: number;
  /** After which the queue is told again of a job that nobody takes; doubled each time. */
  readonly resend: number;
  /** After which a job that has not ended fails. */
  readonly longest: number;
  /** How long the result is kept. */
  readonly kept: number;
}

const MINUTE = 60_000;
export const JOB_TIMES: JobTimes = {
  lease: 30_000,
  resend: MINUTE,
  longest: 120 * MINUTE,
  kept: 24 * 60 * MINUTE,
};

/** Runs that fail for a reason that may pass. */
export const MOST_ATTEMPTS = 12;

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

/** Begins an attempt; undefined when there is nothing to do, or somebody else is at it. */
export function leased(job: Job, now: number, { lease }: JobTimes): Job | undefined {
  const isFree = job.status === 'queued' || (job.status === 'running' && (job.leasedUntil ?? 0) <= now);
  if (!isFree) return undefined;
  const { progress: _, ...rest } = job;
  return { ...rest, status: 'running', attempts: job.attempts + 1, leasedUntil: now + lease, updated: now };
}

/** A sign of life; undefined tells an attempt to stop: the job was cancelled, or another has taken over. */
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

/** Ends with a result; undefined when the attempt no longer counts. */
export function succeeded(job: Job, attempt: number, result: string, now: number): Job | undefined {
  if (!runs(job, attempt)) return undefined;
  const { failure: _, ...rest } = job;
  return ended({ ...rest, result }, 'succeeded', now);
}

/** An attempt failed; with `final` the job has, as it has after too many attempts. */
export function attemptFailed(
  job: Job,
  attempt: number,
  failure: Failure,
  final: boolean,
  now: number,
): Job | undefined {
  if (!runs(job, attempt)) return undefined;
  if (final || attempt >= MOST_ATTEMPTS) return ended({ ...job, failure }, 'failed', now);
  const { leasedUntil: _, ...rest } = job;
  return { ...rest, status: 'queued', failure, updated: now, sent: now };
}

export function cancelled(job: Job, now: number): Job {
  return hasEnded(job) ? job : ended(job, 'cancelled', now);
}

/** The queue has given up on it. An attempt that lives goes on. */
export function abandoned(job: Job, now: number): Job {
  if (hasEnded(job) || (job.status === 'running' && (job.leasedUntil ?? 0) > now)) return job;
  return ended({ ...job, failure: job.failure ?? GIVEN_UP }, 'failed', now);
}

/** What there is to do for a job when time passes. */
export type Due = 'send' | 'expire' | 'announce' | 'forget';

/** The next thing to do, and when. */
export function due(job: Job, times: JobTimes): { readonly what: Due; readonly at: number } {
  if (job.ended !== undefined) {
    const forget = { what: 'forget', at: job.ended + times.kept } as const;
    const wait = times.resend * 2 ** Math.min(job.sends - 1, 10);
    if (job.webhook === undefined || job.announced || job.sent + wait >= forget.at) return forget;
    return { what: 'announce', at: job.sent + wait };
  }
  const expire = { what: 'expire', at: job.created + times.longest } as const;
  const at =
    job.status === 'running'
      ? (job.leasedUntil ?? 0)
      : job.sent + times.resend * 2 ** Math.min(Math.max(0, job.sends - 1), 10);
  return at < expire.at ? { what: 'send', at } : expire;
}

/** The queue is told once more. A job whose attempt has died waits again. */
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
  message: 'The job was tried until the queue gave up, and never came far enough to say why.',
  details: {},
};

const TOO_LATE: Failure = {
  code: 'deadline_exceeded',
  message: 'Nothing could run the job in the time that jobs have.',
  details: {},
};
