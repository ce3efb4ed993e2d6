/** Reads validated parts of a request to the admin API. */

import type { Context } from 'hono';
import type * as z from 'zod';
import { WhylightError } from '../../core/errors.ts';
import { safeParse } from '../../core/safe-parse.ts';
import { jsonOf } from '../http/arriving.ts';
import { type Violation, violationsOf } from '../http/violations.ts';
import { keyParams, tenantParams } from './schemas.ts';

const JSON_TYPE = /^application\/([a-z-.]+\+)?json(;|$)/i;

/** @throws WhylightError `invalid_request` for an invalid tenant name */
export const tenantOf = (c: Context): string => paramsOf(c, tenantParams).tenant;

/** @throws WhylightError `invalid_request` for an invalid tenant name or key id */
export const keyOf = (c: Context): z.output<typeof keyParams> => paramsOf(c, keyParams);

function paramsOf<S extends z.ZodType>(c: Context, schema: S): z.output<S> {
  const parsed = safeParse(schema, c.req.param());
  if (parsed.success) return parsed.data;
  throw invalid(parsed.error.issues.map(({ path, message }) => ({ detail: message, parameter: path.join('.') })));
}

/**
 * Parses a JSON body.
 * @throws WhylightError `unsupported_media_type`; `invalid_request` with every mistake
 */
export async function bodyOf<S extends z.ZodType>(c: Context, schema: S): Promise<z.output<S>> {
  const parsed = safeParse(schema, await jsonBodyOf(c));
  if (parsed.success) return parsed.data;
  throw invalid(violationsOf(parsed.error.issues));
}

async function jsonBodyOf(c: Context): Promise<unknown> {
  const type = c.req.header('Content-Type')?.trim() ?? '';
  if (!JSON_TYPE.test(type)) {
    const message = `The Content-Type ${type || '(none)'} is not supported: use application/json.`;
    throw new WhylightError('unsupported_media_type', message, { allowed: ['application/json'] });
  }
  const value = await jsonOf(c);
  if (value === undefined) throw new WhylightError('invalid_request', 'The body is not valid JSON.');
  return value;
}

function invalid(errors: readonly Violation[]): WhylightError {
  const text = errors.map(({ detail, pointer, parameter }) => `${pointer ?? parameter}: ${detail}`).join(' ');
  return new WhylightError('invalid_request', text, { errors });
}
