/** Entry `whylight/compiler`: differentiation of ONNX files, and the graphs that it works on. */
export {
  COTANGENT,
  type CompileRequest,
  compile,
  type DerivativeNames,
  derivativeNames,
  gradientName,
  type Optimize,
} from '../core/autodiff/compile.ts';
export type { UnsupportedNode } from '../core/autodiff/differentiate.ts';
export { defineRule, type Rule } from '../core/autodiff/rule.ts';
export { defineRuleset, type Ruleset } from '../core/autodiff/ruleset.ts';
export { gradient } from '../core/autodiff/rulesets/gradient.ts';
export type { CurvatureRequest } from '../core/autodiff/second-order.ts';
export { WhylightError } from '../core/errors.ts';
export { Model } from '../core/model/model.ts';
export type { ModelSource } from '../core/model/model-source.ts';
export { GraphBuilder, type Value } from '../core/onnx/builder.ts';
export type { Graph, Node } from '../core/onnx/graph.ts';
export type { ModelBytes } from '../core/onnx/model-bytes.ts';
export { declaredOpsets, read } from '../core/onnx/read.ts';
export { write } from '../core/onnx/write.ts';
export { type Inspection, inspect } from '../tools/inspect.ts';
export * from './derivatives.ts';
export { type PrepareSettings, prepareModel } from './prepare-model.ts';
