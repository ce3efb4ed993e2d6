/** What `whylight` offers on every platform. */
import type { Engine } from '../core/engine/engine.ts';
import { SessionCache } from '../core/engine/session-cache.ts';
import { Explainer } from '../core/explainer/explainer.ts';
import type { Limits } from '../core/limits.ts';
import type { Method } from '../core/method/contract.ts';
import { MethodRegistry, type PluginEntry } from '../core/method/registry.ts';

export type { Engine } from '../core/engine/engine.ts';
export { type ErrorCode, WhylightError } from '../core/errors.ts';
export type { Explainer } from '../core/explainer/explainer.ts';
export type { ExplainedRow, Explanation } from '../core/explainer/explanation.ts';
export type { Plan } from '../core/explainer/plan.ts';
export type { ExplainHooks, ExplainRequest } from '../core/explainer/request.ts';
export type { CodecOptions, ImageCodecs } from '../core/image/codecs.ts';
export type { Image } from '../core/image/image.ts';
export { type Preprocessed, type Preprocessing, parsePreprocessing, preprocess } from '../core/image/preprocess.ts';
export type { Method } from '../core/method/contract.ts';
export type { PluginEntry } from '../core/method/registry.ts';
export type { Manifest } from '../core/model/manifest.ts';
export { Model, type ModelSource } from '../core/model/model.ts';
export type { TargetRequest } from '../core/model/target-request.ts';
export type { Inputs } from '../core/tensor/rows.ts';
export { float32, type Tensor, tensor } from '../core/tensor/tensor.ts';

export interface ExplainerSettings {
  /** Methods, or methods with an operator's defaults and limits. */
  readonly methods: readonly (Method | PluginEntry)[];
  /** What the model runs on; the platform's own when left out. */
  readonly engine?: Engine;
  readonly limits?: Partial<Limits>;
}

/** Methods as the registry takes them. */
export const entriesOf = (methods: ExplainerSettings['methods']): PluginEntry[] =>
  methods.map((one) => ('method' in one ? one : { method: one }));

/** An explainer over an engine: `await explainer.explain(model, { method, inputs })`. */
export function explainerOn(engine: Engine, { methods, limits }: ExplainerSettings, usual: Limits): Explainer {
  const { sessionBytes, ...rest } = { ...usual, ...limits };
  return new Explainer({
    engine,
    sessions: new SessionCache(sessionBytes),
    methods: new MethodRegistry(entriesOf(methods)),
    ...rest,
  });
}
