/** From what a client sends to the parameters that a method sees. */
import type { z } from 'zod';
import { nearest, quoted, WhylightError } from '../errors.ts';
import { safeParse } from '../safe-parse.ts';
import type { Method } from './contract.ts';
import { PRESET_PARAMETER, presetValues } from './presets.ts';
import { expectation, type ParameterSchema, parameterSchemas } from './schema.ts';

/** Operator's rules for the parameters of a method, by name. */
export interface ParameterRules {
  /** Take the place of the method's own defaults. */
  readonly defaults?: Readonly<Record<string, unknown>>;
  /** Values that nobody can change: a request may leave the parameter out, or give this very value. */
  readonly pinned?: Readonly<Record<string, unknown>>;
  readonly limits?: Readonly<Record<string, Limit>>;
}

/** Object with an id and parameters: a method or a metric. */
type Parametrized<S extends z.ZodObject = z.ZodObject> = Pick<Method<S>, 'id' | 'params'> & {
  readonly presets?: Method['presets'];
};

/** The largest value of a numeric parameter, or its range, both ends included. */
export type Limit = number | { readonly min?: number; readonly max?: number };

/** Both rules at once: the defaults of `own` come first, what `base` pins stays pinned, and the narrower limit holds. */
export function mergeRules(base: ParameterRules, own: ParameterRules): ParameterRules {
  const limits: Record<string, Limit> = { ...base.limits };
  for (const [name, limit] of Object.entries(own.limits ?? {})) {
    const [a, b] = [rangeOf(limits[name] ?? {}), rangeOf(limit)];
    const [min, max] = [Math.max(a.min, b.min), Math.min(a.max, b.max)];
    limits[name] = { ...(min > -Infinity && { min }), ...(max < Infinity && { max }) };
  }
  return {
    defaults: { ...base.defaults, ...own.defaults },
    pinned: { ...own.pinned, ...base.pinned },
    limits,
  };
}

const rangeOf = (limit: Limit): { readonly min: number; readonly max: number } =>
  typeof limit === 'number'
    ? { min: -Infinity, max: limit }
    : { min: limit.min ?? -Infinity, max: limit.max ?? Infinity };

export interface ParameterIssue {
  readonly parameter: string;
  readonly message: string;
}

/**
 * The parameters after defaults: the schema's, then the operator's, then those of the preset that is asked for; what is
 * pinned or given by itself wins over all of them. Texts, as a query has them, become what the schema asks for: `"50"`, `"true"`, `"3,8,8"`.
 * @throws WhylightError `invalid_request`; `details.issues` holds every {@link ParameterIssue}.
 */
export function parseParams<S extends z.ZodObject>(
  method: Parametrized<S>,
  raw: Readonly<Record<string, unknown>> = {},
  { defaults = {}, pinned = {}, limits = {} }: ParameterRules = {},
): z.output<S> {
  const { [PRESET_PARAMETER]: preset, ...asked } = raw;
  const given = { ...defaults, ...presetValues(method, preset), ...pinned, ...asked };
  const issues: ParameterIssue[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const schemas = parameterSchemas(method.params);
    const schema = Object.hasOwn(schemas, name) ? schemas[name] : undefined;
    if (schema) values[name] = coerce(value, schema);
    else issues.push({ parameter: name, message: unknown(method, name, Object.keys(schemas)) });
  }
  const parsed = safeParse(method.params, values);
  for (const issue of parsed.error?.issues ?? []) {
    const name = String(issue.path[0] ?? '');
    const schema = parameterSchemas(method.params)[name];
    if (issues.some(({ parameter }) => parameter === name)) continue;
    const must = schema ? `must be ${expectation(schema)}` : issue.message;
    issues.push({
      parameter: name,
      message: `Parameter "${name}" of ${method.id} ${must}, but ${print(given[name])} was given.`,
    });
  }
  if (parsed.success) {
    issues.push(...unpinned(method, parsed.data, pinned), ...outsideLimit(method, parsed.data, limits));
  }
  if (issues.length > 0) {
    throw new WhylightError('invalid_request', issues.map(({ message }) => message).join(' '), {
      method: method.id,
      issues,
    });
  }
  return parsed.data as z.output<S>;
}

function unknown(method: Parametrized, name: string, known: readonly string[]): string {
  const close = nearest(name, known);
  const hint = close.length > 0 ? ` Did you mean ${close.join(' or ')}?` : ` It has ${known.join(', ') || 'none'}.`;
  return `${method.id} has no parameter ${quoted(name)}.${hint}`;
}

function unpinned(method: Parametrized, values: object, pinned: Readonly<Record<string, unknown>>): ParameterIssue[] {
  return Object.entries(pinned).flatMap(([name, wanted]) => {
    const value = (values as Record<string, unknown>)[name];
    if (JSON.stringify(value) === JSON.stringify(wanted)) return [];
    const message = `Parameter "${name}" of ${method.id} is fixed at ${print(wanted)} here, but ${print(value)} was given.`;
    return [{ parameter: name, message }];
  });
}

function outsideLimit(method: Parametrized, values: object, limits: Readonly<Record<string, Limit>>): ParameterIssue[] {
  return Object.entries(limits).flatMap(([name, limit]) => {
    const value = (values as Record<string, unknown>)[name];
    const { min, max } = rangeOf(limit);
    const numbers = [value].flat().filter((item) => typeof item === 'number');
    const allowed = numbers.some((number) => number > max)
      ? `at most ${max}`
      : numbers.some((number) => number < min)
        ? `no less than ${min}`
        : undefined;
    if (allowed === undefined) return [];
    const message = `Parameter "${name}" of ${method.id} may be ${allowed} here, but ${print(value)} was given.`;
    return [{ parameter: name, message }];
  });
}

/**
 * Converts a scalar to the type that a schema asks for: a string is parsed, and a single number becomes a list of one,
 * because parameters of the protocol are flat. A value that does not fit is returned unchanged, for the schema to refuse.
 */
export function coerce(value: unknown, schema: ParameterSchema): unknown {
  if (typeof value !== 'string' && typeof value !== 'number') return value;
  if (schema.anyOf) {
    for (const option of schema.anyOf) {
      const candidate = coerce(value, option);
      if (matches(candidate, option)) return candidate;
    }
    return value;
  }
  if (typeof value === 'number') return schema.type === 'array' ? [value] : value;
  const text = value.trim();
  switch (schema.type) {
    case 'integer':
    case 'number':
      return DECIMAL.test(text) && Number.isFinite(Number(text)) ? Number(text) : value;
    case 'boolean':
      return text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : value;
    case 'array': {
      const items = text
        .replace(/^\[|\]$/g, '')
        .split(',')
        .filter((item) => item.trim() !== '');
      return items.map((item) => coerce(item.trim(), schema.items ?? {}));
    }
    case 'object':
      return objectOf(text) ?? value;
    default:
      return value;
  }
}

/** A number in decimal digits; `Number` takes 0x10 and 0b1 as well. */
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** The object that a text has in JSON; undefined for any other text. */
function objectOf(text: string): object | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as object;
  } catch {
    return undefined;
  }
}

function matches(value: unknown, schema: ParameterSchema): boolean {
  if (schema.const !== undefined) return value === schema.const;
  if (schema.enum) return schema.enum.includes(value);
  if (schema.type === 'array') return Array.isArray(value) && value.every((item) => matches(item, schema.items ?? {}));
  return typeof value === (schema.type === 'integer' ? 'number' : schema.type);
}

const print = (value: unknown): string => {
  const text = typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? 'nothing');
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
};
