/**
 * List of a tenant's jobs, the newest first. Job files hold an entry for each: an empty file whose name has the time of the
 * submission before the id, so that the order of the names is that of the list.
 */
import type { Job } from './job.ts';
import type { Jobs } from './jobs.ts';

/** Name of an entry: milliseconds until {@link LATEST}, and the id of the job. */
export const ENTRY = /^\d{13}-[0-9a-f]{32}$/;
/** Maximum length of a page: each job is read from an object of its own. */
export const MAX_LISTED = 100;
/** Milliseconds since 1970 that 13 digits can hold, in the year 2286. */
const LATEST = 9_999_999_999_999;
const ID_LENGTH = 32;

/** Position in the list, and length of a page. */
export interface PageOfJobs {
  readonly limit: number;
  /** Entry that the page begins after; the newest job comes first when left out. */
  readonly after?: string | undefined;
}

export interface ListedJobs {
  readonly jobs: readonly Job[];
  /** Last entry of the page; absent on the last page. */
  readonly next?: string;
}

/** Makes the key of a job's entry. */
export const entryKey = ({ tenant, id, created }: Pick<Job, 'tenant' | 'id' | 'created'>): string =>
  `${entriesOf(tenant)}${String(LATEST - created).padStart(13, '0')}-${id}`;

/**
 * Reads a page of the list. It is shorter than its limit where jobs were removed while it was read.
 * @param tenant id of the tenant whose jobs are listed
 */
export async function listJobs(jobs: Jobs, tenant: string, page: PageOfJobs): Promise<ListedJobs> {
  const { names, more } = await jobs.files.names(entriesOf(tenant), page);
  const found = await Promise.all(names.map((name) => jobs.get(tenant, name.slice(-ID_LENGTH))));
  const next = names.at(-1);
  return { jobs: found.filter((job) => job !== undefined), ...(more && next !== undefined && { next }) };
}

/** Key prefix of entries. It sorts behind the ids, which are hex: a listing of folders reads no entries. */
const entriesOf = (tenant: string): string => `${tenant}/listed-`;
