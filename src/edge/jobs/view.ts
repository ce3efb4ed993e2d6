/** A job as clients see it. */
import { WhylightError } from '../../core/errors.ts';
import { problemOf } from '../http/problem.ts';
import { type Failure, JOB_TIMES, type Job } from './job.ts';

/** Path of a job. */
export const jobPath = ({ id }: Pick<Job, 'id'>): string => `/v2/jobs/${id}`;

/**
 * Makes the JSON view of a job.
 * @param link converts a path of the app to one on its server
 */
export function jobView(job: Job, link: (path: string) => string) {
  const { id, status, model, method, created, updated, attempts, progress, failure, ended } = job;
  const iso = (time: number): string => new Date(time).toISOString();
  return {
    id,
    status,
    model,
    method,
    created: iso(created),
    updated: iso(updated),
    attempts,
    location: link(jobPath(job)),
    ...(progress && !ended && { progress }),
    ...(status === 'succeeded' && { result: link(`${jobPath(job)}/result`) }),
    ...(status === 'failed' && failure && { error: problemOf(failureError(failure)) }),
    ...(ended !== undefined && { expires: iso(ended + JOB_TIMES.resultAge) }),
  };
}

/** Converts the failure of a job back to an error. */
export const failureError = ({ code, message, details }: Failure): WhylightError =>
  new WhylightError(code, message, details);
