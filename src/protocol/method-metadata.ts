/** Metadata of a saliency method, as the API and the page know it. */
import * as z from 'zod';
import { WhylightError } from '../core/errors.ts';
import { refusalOf } from '../core/explainer/choose-method.ts';
import type { Cost } from '../core/method/contract.ts';
import type { Limit, ParameterRules } from '../core/method/params.ts';
import type { MethodRegistry, PluginEntry } from '../core/method/registry.ts';
import type { ModelInfo } from '../core/model/info.ts';
import type { Model } from '../core/model/model.ts';

/**
 * Describes a method: id, strategy, texts, and its parameters as JSON Schema.
 * @param rules rules of the plugin and of the tenant, which the schema follows
 */
export function methodMetadata({ method, build }: PluginEntry, rules: ParameterRules = {}) {
  const { id, strategy, revision, about, params, presets = {}, returns = {} } = method;
  return {
    id,
    strategy,
    revision,
    ...(build !== undefined && { build }),
    ...about,
    /** JSON Schema. */
    parameters: withRules(z.toJSONSchema(params, { io: 'input' }), rules),
    /** Parameters that `preset` sets, by library. */
    presets,
    /** Kinds of results beside the values, each with a phrase. */
    returns,
  };
}

/** The schema with an operator's defaults and limits; a pinned parameter has one value. */
function withRules(
  schema: z.core.JSONSchema.BaseSchema,
  { defaults = {}, pinned = {}, limits = {} }: ParameterRules,
): typeof schema {
  const properties = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    if (typeof property === 'boolean') return [name, property];
    const value = pinned[name] ?? defaults[name];
    const narrowed = limits[name] === undefined ? property : within(property, limits[name]);
    return [
      name,
      { ...narrowed, ...(value !== undefined && { default: value }), ...(name in pinned && { const: value }) },
    ];
  });
  return properties.length === 0 ? schema : { ...schema, properties: Object.fromEntries(properties) };
}

/** The schema of numbers, or of a list of numbers, within a limit as well. */
function within(schema: z.core.JSONSchema.BaseSchema, limit: Limit): typeof schema {
  const { items } = schema;
  if (schema.type === 'array' && typeof items === 'object' && !Array.isArray(items))
    return { ...schema, items: within(items, limit) };
  const { min, max } = typeof limit === 'number' ? { max: limit } : { min: limit.min, max: limit.max };
  return {
    ...schema,
    ...(min !== undefined && { minimum: Math.max(min, schema.minimum ?? min) }),
    ...(max !== undefined && { maximum: Math.min(max, schema.maximum ?? max) }),
  };
}

/**
 * Tells whether a method with default parameters applies to a model, and how many rows it takes. Rows are left out where
 * they depend on the input: on the length of a text, or on baselines.
 */
export function suitability(methods: MethodRegistry, entry: PluginEntry, model: Model) {
  const info = model.info();
  const refusal = refusalOf(methods, entry, model, info);
  if (refusal !== undefined) return { applies: false, refusal };
  const rows = rowsOf(methods, entry, info);
  return { applies: true, ...(rows && { rows }) };
}

function rowsOf(methods: MethodRegistry, { method: { id } }: PluginEntry, info: ModelInfo): Cost | undefined {
  const { method, params } = methods.bind(id);
  try {
    return method.cost(params, info, methods, { baselines: 0 });
  } catch (error) {
    if (WhylightError.is(error)) return undefined;
    throw error;
  }
}
