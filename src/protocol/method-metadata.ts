/** Metadata of a saliency method, as the API and the page know it. */
import * as z from 'zod';
import { WhylightError } from '../core/errors.ts';
import { refusalOf } from '../core/explainer/choose-method.ts';
import type { Cost } from '../core/method/contract.ts';
import type { MethodRegistry, PluginEntry } from '../core/method/registry.ts';
import type { ModelInfo } from '../core/model/info.ts';
import type { Model } from '../core/model/model.ts';

/** Describes a method: id, strategy, texts, and its parameters as JSON Schema. */
export function methodMetadata({ method, build }: PluginEntry) {
  const { id, strategy, revision, about, params, presets = {}, returns = {} } = method;
  return {
    id,
    strategy,
    revision,
    ...(build !== undefined && { build }),
    ...about,
    /** JSON Schema. */
    parameters: z.toJSONSchema(params, { io: 'input' }),
    /** Parameters that `preset` sets, by library. */
    presets,
    /** Kinds of results beside the values, each with a phrase. */
    returns,
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
