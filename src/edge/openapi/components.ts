/** Schemas of the OpenAPI document as JSON Schema (2020-12, as OpenAPI 3.1 has it), those with an id as components. */
import * as z from 'zod';

const DEFINITIONS = '#/$defs/';
const COMPONENTS = '#/components/schemas/';

type Json = Readonly<Record<string, unknown>>;

/** Collects the components of a document. A schema is a component if its metadata has an `id`. */
export class Components {
  /** Schemas by the id of the component. */
  readonly schemas: Record<string, Json> = {};
  private readonly known = new Map<z.ZodType, Json>();

  /** Returns the JSON Schema; a reference for a component. Requests and responses have the same form. */
  schemaOf(schema: z.ZodType): Json {
    const known = this.known.get(schema);
    if (known) return known;
    const {
      $schema: _,
      $defs = {},
      ...own
    } = z.toJSONSchema(schema, {
      io: 'input',
      unrepresentable: 'any',
      override: ({ jsonSchema }) => tidy(jsonSchema),
    }) as Json;
    for (const [id, definition] of Object.entries($defs as Record<string, Json>)) this.define(id, definition);
    const id = z.globalRegistry.get(schema)?.id;
    const made = id === undefined ? (referring(own) as Json) : { $ref: `${COMPONENTS}${id}` };
    if (id !== undefined) this.define(id, own);
    this.known.set(schema, made);
    return made;
  }

  private define(id: string, { id: _, ...definition }: Json): void {
    this.schemas[id] ??= referring(definition) as Json;
  }
}

/** Leaves out what says nothing that the rest does not: limits of JavaScript's integers, and names that are texts. */
function tidy(schema: z.core.JSONSchema.BaseSchema): void {
  // openapi-python-client refuses the default of a union in which a form is `const`.
  if ('const' in schema) {
    schema.enum = [schema.const as string];
    delete schema.const;
  }
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.format !== undefined) delete schema.pattern;
  const { propertyNames: names } = schema;
  if (typeof names === 'object' && Object.keys(names).join() === 'type') delete schema.propertyNames;
}

/** The same value with its references to components of the document. */
function referring(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(referring);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === '$ref' && typeof item === 'string' ? item.replace(DEFINITIONS, COMPONENTS) : referring(item),
    ]),
  );
}
