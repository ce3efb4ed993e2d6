/** The parameters of a method as JSON Schema: what documents, forms, queries and error messages are made from. */
import * as z from 'zod';

/** The part of JSON Schema that parameters use. */
export interface ParameterSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: ParameterSchema;
  readonly anyOf?: readonly ParameterSchema[];
}

const cache = new WeakMap<z.ZodObject, Readonly<Record<string, ParameterSchema>>>();

/** The schema of each parameter, by name. */
export function parameterSchemas(params: z.ZodObject): Readonly<Record<string, ParameterSchema>> {
  const known = cache.get(params);
  if (known) return known;
  const { properties = {} } = z.toJSONSchema(params, { io: 'input' });
  const schemas = properties as Record<string, ParameterSchema>;
  cache.set(params, schemas);
  return schemas;
}

/** Description of the values that a schema accepts: `an integer from 1 to 1000`. */
export function expectation(schema: ParameterSchema): string {
  if (schema.anyOf) return schema.anyOf.map(expectation).join(', or ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return `one of ${schema.enum.join(', ')}`;
  switch (schema.type) {
    case 'integer':
      return `an integer${range(schema)}`;
    case 'number':
      return `a number${range(schema)}`;
    case 'boolean':
      return 'true or false';
    case 'array':
      return `a list${length(schema)}${schema.items ? `, each item ${expectation(schema.items)}` : ''}`;
    case 'object':
      return 'an object';
    default:
      return 'a text';
  }
}

// zod bounds integers by what a double can hold; that is no information for a reader.
const bound = (value: number | undefined): number | undefined =>
  value !== undefined && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : undefined;

function range(schema: ParameterSchema): string {
  const [low, high] = [bound(schema.minimum), bound(schema.maximum)];
  const [above, below] = [bound(schema.exclusiveMinimum), bound(schema.exclusiveMaximum)];
  if (low !== undefined && high !== undefined) return ` from ${low} to ${high}`;
  const parts = [
    low !== undefined && `at least ${low}`,
    above !== undefined && `above ${above}`,
    high !== undefined && `at most ${high}`,
    below !== undefined && `below ${below}`,
  ].filter((part) => part !== false);
  return parts.length > 0 ? ` ${parts.join(' and ')}` : '';
}

function length({ minItems, maxItems }: ParameterSchema): string {
  if (minItems !== undefined && minItems === maxItems) return ` of ${minItems}`;
  if (minItems !== undefined && maxItems !== undefined) return ` of ${minItems} to ${maxItems}`;
  if (maxItems !== undefined) return ` of at most ${maxItems}`;
  return minItems !== undefined ? ` of at least ${minItems}` : '';
}
