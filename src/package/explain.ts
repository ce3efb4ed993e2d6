/** Explainers with an engine and limits of a platform, and types of the core. */
import { composeExplainer } from '../composition/compose-explainer.ts';
import type { Engine } from '../core/engine/engine.ts';
import type { Explainer } from '../core/explainer/explainer.ts';
import type { Limits } from '../core/limits.ts';
import type { Method } from '../core/method/contract.ts';
import type { PluginEntry } from '../core/method/registry.ts';

export type { Engine } from '../core/engine/engine.ts';
export { type ErrorCode, WhylightError } from '../core/errors.ts';
export type { Explainer } from '../core/explainer/explainer.ts';
export type { ExplainedRow, Explanation } from '../core/explainer/explanation.ts';
export type { Plan } from '../core/explainer/plan.ts';
export type { ExplainHooks, ExplainRequest, MethodRequest } from '../core/explainer/request.ts';
export type { CodecOptions, ImageCodecs } from '../core/image/codecs/codecs.ts';
export type { Image } from '../core/image/image.ts';
export { renderOverlay } from '../core/image/overlay.ts';
export { type OverlayOptions, overlaySchema } from '../core/image/overlay-options.ts';
export type { PlacedImage, Placement, SaliencyMap } from '../core/image/placement.ts';
export { type Preprocessed, type Preprocessing, parsePreprocessing, preprocess } from '../core/image/preprocess.ts';
export type { Method } from '../core/method/contract.ts';
export type { PluginEntry } from '../core/method/registry.ts';
export type { Manifest } from '../core/model/manifest.ts';
export { Model } from '../core/model/model.ts';
export type { ModelSource } from '../core/model/model-source.ts';
export type { TargetRequest } from '../core/model/target-request.ts';
export type { Inputs } from '../core/tensor/rows.ts';
export { float32, type Tensor, tensor } from '../core/tensor/tensor.ts';
export type {
  ExplainableModel,
  ExplainOptions,
  ExplanationStep,
  PredictOptions,
} from '../library/explainable-model.ts';
export type { ModelExplanation } from '../library/model-explanation.ts';
export type { ModelInput } from '../library/model-input.ts';
export type { ImageDrawingOptions as DrawingOptions } from '../protocol/explanation-image.ts';

/** Settings of an explainer: its methods, engine and limits. */
export interface ExplainerSettings {
  /** Methods, or methods with an operator's defaults and limits. */
  readonly methods: readonly (Method | PluginEntry)[];
  /** Engine that runs models; the platform's own when left out. */
  readonly engine?: Engine;
  /** Limits of the machine; those of the platform when left out. */
  readonly limits?: Partial<Limits>;
}

/**
 * Converts methods to entries of the registry; an entry is kept as it is.
 *
 * @example
 * import { entriesOf } from 'whylight';
 * entriesOf([saliency]); // [{ method: saliency }]
 */
export const entriesOf = (methods: ExplainerSettings['methods']): PluginEntry[] =>
  methods.map((one) => ('method' in one ? one : { method: one }));

/**
 * Composes an explainer on an engine. `createExplainer` does so with the engine and the limits of the platform.
 * @param limits limits of the platform; `settings.limits` replace single ones
 * @throws WhylightError `invalid_config` for methods that break the contract, ids that are taken, or wrong defaults
 *
 * @example
 * import { explainerOn } from 'whylight';
 * const explainer = explainerOn(engine, { methods: [saliency] }, limits);
 */
export const explainerOn = (engine: Engine, settings: ExplainerSettings, limits: Limits): Explainer =>
  composeExplainer(engine, { plugins: entriesOf(settings.methods) }, { ...limits, ...settings.limits });
