/** Optimistic concurrency: a tag for each revision of a tenant (RFC 9110, 8.8 and 13.1). */
import type { Context } from 'hono';
import { WhylightError } from '../../core/errors.ts';
import type { Expected } from '../tenants/changes.ts';

/** Makes the entity tag of a revision. */
export const revisionTag = (revision: number): string => `"r${revision}"`;

/** Reads the preconditions in `If-Match` and `If-None-Match`. */
export function expectedOf(c: Context, required: boolean): Expected {
  const [match, none] = [c.req.header('If-Match'), c.req.header('If-None-Match')];
  return {
    ...(match !== undefined && { match: match.trim() === '*' ? '*' : revisionsIn(match) }),
    ...(none?.trim() === '*' && { absent: true }),
    required,
  };
}

const revisionsIn = (header: string): number[] =>
  [...header.matchAll(/(?<!W\/)"r(\d{1,15})"/g)].map(([, revision]) => Number(revision));

/** Makes the error for preconditions that are not met. */
export const stale = (): WhylightError =>
  new WhylightError(
    'precondition_failed',
    'The tenant does not meet the preconditions of the request. Read it again, and send its ETag as If-Match; If-None-Match: * creates one that does not exist yet.',
  );
