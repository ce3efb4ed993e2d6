/** Entry `whylight/compiler`: differentiation of ONNX files, and the graphs that it works on. */
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

/** Differentiated model: an ONNX file, its graph, and the names of its further inputs and outputs. */
export interface Differentiated extends ModelBytes {
  /** Graph of the file. */
  readonly compiled: Graph;
  /** Name of the input for the weight of each element of the scores, same shape: 1 at the class, 0 elsewhere. */
  readonly cotangent: string;
  /** Name of the output that holds the derivative, by tensor. */
  readonly gradients: Readonly<Record<string, string>>;
}

/**
 * Differentiates a model: adds the derivatives of its scores as further outputs, in standard ONNX operators.
 * @param request derivatives to add; with respect to every floating point input and every embedding when left out
 * @returns the ONNX file; its input `cotangent` weights the scores, its outputs `gradient/<tensor>` are the derivatives
 * @throws WhylightError `invalid_model`, `invalid_config` for a manifest that does not fit the file, `layer_not_found`
 * for unknown tensors, `not_differentiable` with every operator that has no rule
 *
 * @example
 * import { differentiate } from 'whylight/compiler';
 * const { graph, gradients } = await differentiate({ bytes: await readFile('model.onnx') });
 * await writeFile('model.gradient.onnx', graph);
 * @see docs/compiler.md
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
