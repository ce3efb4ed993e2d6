/** Erasure of what a server stores of a tenant, part by part: a request cannot walk over all of a large store. */

import type { Jobs } from '../jobs/jobs.ts';
import { tenantOwner } from '../models/owner.ts';
import type { ModelRegistry } from '../models/registry.ts';

/** Store of answers that knows whose they are. */
export interface OwnedAnswers {
  /** Removes the answers of an owner on one page of the store. */
  erase(owner: string, cursor: string | undefined): Promise<{ readonly removed: number; readonly cursor?: string }>;
}

/** Numbers of entries that were removed. */
export interface Erased {
  readonly answers: number;
  readonly jobs: number;
  readonly models: number;
  /** True when nothing is left; otherwise the next part is erased from the cursor on. */
  readonly done: boolean;
  readonly cursor?: string;
}

export interface Erasable {
  readonly answers?: OwnedAnswers;
  readonly jobs?: Jobs;
  readonly models?: ModelRegistry;
}

/** Jobs and models that are removed at once: a request may ask the platform only so often. */
const MAX_JOBS = 100;
const MAX_MODELS = 10;
/** Cursor behind the last page of the answers. */
const END = 'end';

/** Erases one part of the answers, jobs and uploaded models of a tenant. */
export async function eraseTenant(stores: Erasable, tenant: string, cursor: string | undefined): Promise<Erased> {
  const jobs = (await stores.jobs?.ids(tenant)) ?? [];
  const owner = tenantOwner(tenant);
  const models = (await stores.models?.stored(owner)) ?? [];
  for (const id of jobs.slice(0, MAX_JOBS)) await stores.jobs?.forget(tenant, id);
  for (const name of models.slice(0, MAX_MODELS)) await stores.models?.erase(owner, name);
  const page = cursor === END ? { removed: 0 } : await stores.answers?.erase(tenant, cursor);
  const next = page?.cursor ?? END;
  const done = next === END && jobs.length <= MAX_JOBS && models.length <= MAX_MODELS;
  return {
    answers: page?.removed ?? 0,
    jobs: Math.min(jobs.length, MAX_JOBS),
    models: Math.min(models.length, MAX_MODELS),
    done,
    ...(!done && { cursor: next }),
  };
}
