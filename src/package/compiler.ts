/** `whylight/compiler`: from an ONNX file to one that holds its derivative. */
import { COTANGENT, type CompileRequest, compile, gradientName } from '../core/autodiff/compile.ts';
import { Model, type ModelSource } from '../core/model/model.ts';
import type { Graph } from '../core/onnx/graph.ts';
import type { ModelBytes } from '../core/onnx/model-bytes.ts';
import { write } from '../core/onnx/write.ts';

export type { CompileRequest, Optimize } from '../core/autodiff/compile.ts';
export type { UnsupportedNode } from '../core/autodiff/differentiate.ts';
export { defineRule, type Rule } from '../core/autodiff/rule.ts';
export { defineRuleset, type Ruleset } from '../core/autodiff/ruleset.ts';
export { WhylightError } from '../core/errors.ts';
export { Model, type ModelSource } from '../core/model/model.ts';
export { GraphBuilder, type Value } from '../core/onnx/builder.ts';
export type { Graph, Node } from '../core/onnx/graph.ts';
export type { ModelBytes } from '../core/onnx/model-bytes.ts';
export { declaredOpsets, read } from '../core/onnx/read.ts';
export { write } from '../core/onnx/write.ts';
export { type Inspection, inspect } from '../tools/inspect.ts';
export { COTANGENT, compile, gradientName };

export interface Differentiated extends ModelBytes {
  readonly compiled: Graph;
  /** The input that takes the derivative of whatever follows with respect to the scores: one at the class, zero elsewhere. */
  readonly cotangent: string;
  /** Name of the output that holds the derivative, by tensor. */
  readonly gradients: Readonly<Record<string, string>>;
}

/**
 * The model as another ONNX file, of standard operators, with the derivative of its scores as further outputs.
 * @param request which derivatives; those with respect to every floating point input when left out
 * @throws WhylightError `invalid_model`, `not_differentiable` with every operator that has no rule
 */
export async function differentiate(
  source: ModelSource,
  request: Partial<CompileRequest> = {},
): Promise<Differentiated> {
  const model = await Model.read(source);
  const info = model.info();
  const gradients = request.gradients ?? info.sources.map(({ name }) => name);
  const compiled = compile(model.graph, { scores: info.scores.name, ...request, gradients });
  return {
    ...write(compiled),
    compiled,
    cotangent: COTANGENT,
    gradients: Object.fromEntries(gradients.map((name) => [name, gradientName(name)])),
  };
}
