/** Jobs as routes and the queue's consumer see them; Durable Objects, a queue and R2 in a Worker. */
import type { JobFiles } from './files.ts';
import type { Failure, Job, NewJob, Progress } from './job.ts';

export interface Jobs {
  readonly files: JobFiles;
  /**
   * Submits a job: once this returns, the job ends with a result or a failure. A job that exists already is returned
   * unchanged.
   */
  submit(job: NewJob): Promise<Job>;
  get(tenant: string, id: string): Promise<Job | undefined>;
  /** Lists the ids of a tenant's jobs that have files, 1,000 at most. */
  ids(tenant: string): Promise<readonly string[]>;
  /** Cancels a job. @returns undefined for a job that does not exist */
  cancel(tenant: string, id: string): Promise<Job | undefined>;
  /** Removes the job and its files. */
  forget(tenant: string, id: string): Promise<void>;

  /** Begins an attempt, whose number is `attempts`. @returns undefined when there is nothing to do */
  lease(tenant: string, id: string): Promise<Job | undefined>;
  /** Extends the lease of an attempt. @returns false when the attempt is to stop */
  alive(tenant: string, id: string, attempt: number, progress: Progress | undefined): Promise<boolean>;
  /** Ends the job with a result. @returns false when the attempt no longer counted */
  succeed(tenant: string, id: string, attempt: number, result: string): Promise<boolean>;
  /** Ends an attempt with a failure. @returns the job as it is now; undefined when the attempt no longer counted */
  fail(tenant: string, id: string, attempt: number, failure: Failure, final: boolean): Promise<Job | undefined>;
  /** Records that the queue has given up on the job. */
  abandon(tenant: string, id: string): Promise<void>;
  /**
   * Begins a call of the webhook, whose number is `deliveries`. The next one follows by itself unless this one is
   * recorded as `announced`.
   * @returns undefined when there is no call to make now
   */
  announcing(tenant: string, id: string): Promise<Job | undefined>;
  /** Records that the webhook was called, or given up. */
  announced(tenant: string, id: string): Promise<void>;
}
