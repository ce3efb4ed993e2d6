/** `prepareModel` of `whylight/compiler`: graphs that are compiled by a build and run without the compiler. */

import type { Method } from '../core/method/contract.ts';
import { MethodRegistry, type PluginEntry } from '../core/method/registry.ts';
import { Model } from '../core/model/model.ts';
import type { ModelSource } from '../core/model/model-source.ts';
import { preparedBytes } from '../library/prepare-model.ts';

/** Settings of {@link prepareModel}. */
export interface PrepareSettings {
  /** Methods, or methods with an operator's defaults. */
  readonly methods: readonly (Method | PluginEntry)[];
  /**
   * Parameters by id of the method, each set of which gets the graphs that it needs; the defaults alone when left out.
   * Parameters that change no graph, such as a number of steps, need not be listed.
   */
  readonly params?: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;
}

/**
 * Compiles every graph that some methods need, so that `openPrepared` of `whylight/prepared` runs them without a compiler.
 * @param source bytes of an ONNX file, or the source of a model with labels and manifest
 * @returns one file with facts, weights and graphs
 * @throws WhylightError `invalid_model`, `unprocessable_method` for rows of open dims, `not_differentiable`
 *
 * @example
 * import { prepareModel } from 'whylight/compiler';
 * import saliency from 'whylight/methods/gradient/saliency';
 * writeFileSync('model.prepared', await prepareModel(readFileSync('model.onnx'), { methods: [saliency] }));
 * @see docs/embedding.md
 */
export async function prepareModel(
  source: Uint8Array | ModelSource,
  { methods, params = {} }: PrepareSettings,
): Promise<Uint8Array<ArrayBuffer>> {
  const registry = new MethodRegistry(methods.map((one) => ('method' in one ? one : { method: one })));
  const model = await Model.read(source instanceof Uint8Array ? { bytes: source } : source);
  const wanted = registry.ids.flatMap((method) => (params[method] ?? [{}]).map((one) => ({ method, params: one })));
  return preparedBytes(model, wanted, registry);
}
