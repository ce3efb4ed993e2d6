/** Check of a query against the schema that describes it. */
import type { Context } from 'hono';
import type * as z from 'zod';
import { WhylightError } from '../../core/errors.ts';
import { safeParse } from '../../core/safe-parse.ts';
import type { EdgeEnv } from './env.ts';

/**
 * Reads the parameters of the query.
 * @throws WhylightError `invalid_request` with every mistake
 */
export function checkedQuery<S extends z.ZodType>(c: Context<EdgeEnv>, schema: S): z.output<S> {
  const parsed = safeParse(schema, c.req.query());
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => ({ detail: message, parameter: path.join('.') }));
  const text = errors.map(({ detail, parameter }) => `${parameter}: ${detail}`).join(' ');
  throw new WhylightError('invalid_request', text, { errors });
}
