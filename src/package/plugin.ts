/** Entry `whylight/plugin`: definitions and helpers for saliency methods, differentiation rules and rulesets. */

/**
 * Namespace of zod, for the schemas of parameters. A plugin needs no copy of its own.
 *
 * @example
 * import { z } from 'whylight/plugin';
 * const params = z.object({ samples: z.int().min(1).max(1000).default(50).describe('Number of noisy copies.') });
 * @see https://zod.dev
 */
export * as z from 'zod';
export { DIRECTION } from '../core/autodiff/names.ts';
export {
  defineElementwise,
  defineRule,
  defineZero,
  type Rule,
  type RuleCase,
  type RuleContext,
} from '../core/autodiff/rule.ts';
export { defineRuleset, type NodePosition, type Ruleset } from '../core/autodiff/ruleset.ts';
export { deconvnet } from '../core/autodiff/rulesets/deconvnet.ts';
export { gradient } from '../core/autodiff/rulesets/gradient.ts';
export { guided } from '../core/autodiff/rulesets/guided.ts';
export { type ErrorCode, WhylightError } from '../core/errors.ts';
export { choice } from '../core/method/choice.ts';
export type * from '../core/method/contract.ts';
export { API_VERSION } from '../core/method/contract.ts';
export { defineMethod, type MethodDefinition } from '../core/method/define.ts';
export type { FamilyDefinition, RowContext } from '../core/method/family.ts';
export { absentName, weightsName } from '../core/method/mixture.ts';
export { arxiv, doi } from '../core/method/papers.ts';
export type { NamedBox, NamedMap, ResultDeclarations, ResultKind, Results } from '../core/method/results.ts';
export {
  defineMetric,
  METRIC_API_VERSION,
  type Metric,
  type MetricContext,
  type MetricDefinition,
} from '../core/metrics/metric.ts';
export { foldSums } from '../core/modality/fold.ts';
export {
  type Drawing,
  MODALITY_API_VERSION,
  type Modality,
  type ModalityContext,
  type Prepared,
} from '../core/modality/modality.ts';
export { svg, svgDocument } from '../core/modality/svg.ts';
export type { ModelDescription } from '../core/model/description.ts';
export type { ModelInfo, TensorInfo } from '../core/model/info.ts';
export { knownDims } from '../core/model/known-dims.ts';
export type { Target } from '../core/model/target-request.ts';
export type { GraphBuilder, Value } from '../core/onnx/builder.ts';
export type { Constant, Graph, Node } from '../core/onnx/graph.ts';
export { type BackpropDefinition, defineBackprop } from '../core/strategy/activation/backprop.ts';
export {
  type CamDefinition,
  defineCam,
  type FeatureMaps,
  perChannel,
  products,
} from '../core/strategy/activation/cam.ts';
export { baselineOf, baselineParameter } from '../core/strategy/baseline.ts';
export {
  definePathMethod,
  type PathDefinition,
  type PathPoints,
  type WalkedPath,
} from '../core/strategy/gradient/define-path.ts';
export { lookupCost, needsOfSources, sourceValues, withSources } from '../core/strategy/gradient/sources.ts';
export { inPortions, type Portion } from '../core/strategy/inner-method/progress.ts';
export { targetLayer, targetLayerParameter } from '../core/strategy/layer.ts';
export {
  defineFeatureMethod,
  type FeatureDefinition,
  type FeatureRun,
} from '../core/strategy/perturbation/define-features.ts';
export {
  definePerturbation,
  type MaskContext,
  type MaskedRow,
  type PerturbationDefinition,
  type SeenMask,
} from '../core/strategy/perturbation/define-perturbation.ts';
export { absentInputs, type Mixtures, scoreMixtures } from '../core/strategy/perturbation/mixtures.ts';
export { scorePerturbed } from '../core/strategy/perturbation/perturb.ts';
export type { PositionGrid } from '../core/strategy/perturbation/position-grid.ts';
export { absoluteParameter, finishValues, reductionParameter } from '../core/strategy/reduction.ts';
export { defineSinglePass, type SinglePassDefinition } from '../core/strategy/single-pass.ts';
export {
  type Prediction,
  TASK_API_VERSION,
  type TargetChoice,
  type Task,
  type TaskContext,
  type TaskOutputs,
  type TaskTarget,
} from '../core/task/task.ts';
export { Random } from '../core/tensor/random.ts';
export {
  emptyRows,
  type Float32Tensors,
  type Inputs,
  joinRows,
  repeatRow,
  rowsOf,
  sliceRows,
} from '../core/tensor/rows.ts';
export { meanOf, sumOf } from '../core/tensor/sum.ts';
export { type DataType, float32, sizeOf, type Tensor, tensor } from '../core/tensor/tensor.ts';
