/** Jobs as routes and the consumer see them. A port: Durable Objects, a queue and R2 in a Worker. */
import type { JobFiles } from './files.ts';
import type { Failure, Job, NewJob, Progress } from './job.ts';

export interface Jobs {
  readonly files: JobFiles;
  /**
   * Takes the job on: once this returns, the job ends as a result or as a failure. One that is there already is returned
   * as it is, whatever it was handed in with.
   */
  submit(job: NewJob): Promise<Job>;
  get(tenant: string, id: string): Promise<Job | undefined>;
  /** @returns undefined for a job that is not there */
  cancel(tenant: string, id: string): Promise<Job | undefined>;
  /** Removes the job and all that belongs to it. */
  forget(tenant: string, id: string): Promise<void>;

  /** Begins an attempt: its number is `attempts`. @returns undefined when there is nothing to do. */
  lease(tenant: string, id: string): Promise<Job | undefined>;
  /** @returns false when the attempt is to stop */
  alive(tenant: string, id: string, attempt: number, progress: Progress | undefined): Promise<boolean>;
  /** @returns false when the attempt no longer counted */
  succeed(tenant: string, id: string, attempt: number, result: string): Promise<boolean>;
  /** @returns the job as it is now; undefined when the attempt no longer counted */
  fail(tenant: string, id: string, attempt: number, failure: Failure, final: boolean): Promise<Job | undefined>;
  /** The queue has given up. */
  abandon(tenant: string, id: string): Promise<void>;
  /** The webhook has been told, or will not be. */
  announced(tenant: string, id: string): Promise<void>;
}
