import type { MiddlewareHandler } from 'hono';
import { quoted, WhylightError } from '../../../core/errors.ts';
import type { EdgeEnv } from '../env.ts';

/** Refuses a query that gives a parameter twice: one of the values would be left out in silence. */
export const singleParameters: MiddlewareHandler<EdgeEnv> = async function singleParameters(c, next) {
  refuseRepeated([...new URL(c.req.url).searchParams.keys()]);
  await next();
};

/**
 * @param names names of parameters, in a query or in the fields of a form
 * @throws WhylightError `invalid_request` with each name that comes twice
 */
export function refuseRepeated(names: readonly string[]): void {
  const repeated = [...new Set(names.filter((name, at) => names.indexOf(name) < at))];
  if (repeated.length === 0) return;
  const errors = repeated.map((name) => ({
    detail: `Parameter ${quoted(name)} is given more than once.`,
    parameter: name,
  }));
  throw new WhylightError('invalid_request', `${errors.map(({ detail }) => detail).join(' ')} Give it once.`, {
    errors,
  });
}
