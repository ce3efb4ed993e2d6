/** From what a client sends to the parameters that a method sees. */
import type { z } from 'zod';
import { nearest, WhylightError } from '../errors.ts';
import type { Method } from './contract.ts';
import { expectation, type ParameterSchema, parameterSchemas } from './schema.ts';

export interface ParameterRules {
  /** Take the place of the method's own defaults. */
  readonly defaults?: Readonly<Record<string, unknown>>;
  /** The largest value of each numeric parameter that is allowed here. */
  readonly limits?: Readonly<Record<string, number>>;
}

/** Whatever has a name and parameters: a method, a metric. */
type Parametrized<S extends z.ZodObject = z.ZodObject> = Pick<Method<S>, 'id' | 'params'>;

export interface ParameterIssue {
  readonly parameter: string;
  readonly message: string;
}

/**
 * The parameters after defaults. Texts, as a query has them, become what the schema asks for: `"50"`, `"true"`, `"3,8,8"`.
 * @throws WhylightError `invalid_request`; `details.issues` holds every {@link ParameterIssue}.
 */
export function parseParams<S extends z.ZodObject>(
  method: Parametrized<S>,
  raw: Readonly<Record<string, unknown>> = {},
  { defaults = {}, limits = {} }: ParameterRules = {},
): z.output<S> {
  const schemas = parameterSchemas(method.params);
  const given = { ...defaults, ...raw };
  const issues: ParameterIssue[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const schema = schemas[name];
    if (schema) values[name] = coerce(value, schema);
    else issues.push({ parameter: name, message: unknown(method, name, Object.keys(schemas)) });
  }
  const parsed = method.params.safeParse(values);
  for (const issue of parsed.error?.issues ?? []) {
    const name = String(issue.path[0] ?? '');
    const schema = schemas[name];
    if (issues.some(({ parameter }) => parameter === name)) continue;
    const must = schema ? `must be ${expectation(schema)}` : issue.message;
    issues.push({
      parameter: name,
      message: `Parameter "${name}" of ${method.id} ${must}, but ${print(given[name])} was given.`,
    });
  }
  if (parsed.success) issues.push(...overLimit(method, parsed.data, limits));
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
  return `${method.id} has no parameter "${name}".${hint}`;
}

function overLimit(method: Parametrized, values: object, limits: Readonly<Record<string, number>>): ParameterIssue[] {
  return Object.entries(limits).flatMap(([name, most]) => {
    const value = (values as Record<string, unknown>)[name];
    const numbers = [value].flat().filter((item) => typeof item === 'number');
    return numbers.some((number) => number > most)
      ? [
          {
            parameter: name,
            message: `Parameter "${name}" of ${method.id} may be at most ${most} here, but ${print(value)} was given.`,
          },
        ]
      : [];
  });
}

/** What a text means under a schema. Whatever does not fit stays as it is, for the schema to refuse. */
export function coerce(value: unknown, schema: ParameterSchema): unknown {
  if (typeof value !== 'string') return value;
  if (schema.anyOf) {
    for (const option of schema.anyOf) {
      const candidate = coerce(value, option);
      if (matches(candidate, option)) return candidate;
    }
    return value;
  }
  const text = value.trim();
  switch (schema.type) {
    case 'integer':
    case 'number':
      return text !== '' && Number.isFinite(Number(text)) ? Number(text) : value;
    case 'boolean':
      return text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : value;
    case 'array': {
      const items = text
        .replace(/^\[|\]$/g, '')
        .split(',')
        .filter((item) => item.trim() !== '');
      return items.map((item) => coerce(item.trim(), schema.items ?? {}));
    }
    default:
      return value;
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
