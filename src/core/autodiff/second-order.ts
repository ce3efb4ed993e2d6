/** Graphs made from the gradient's graph: Hessian-vector products and Jacobians. */
import { WhylightError } from '../errors.ts';
import { GraphBuilder, type Value } from '../onnx/builder.ts';
import { isStatic } from '../onnx/dims.ts';
import { subgraphs } from '../onnx/edit.ts';
import type { Graph } from '../onnx/graph.ts';
import { sizeOf } from '../tensor/tensor.ts';
import { type CompileRequest, compile } from './compile.ts';
import { DIRECTION, derivativeNames, hessianVectorName } from './names.ts';

/** Request of a second derivative or a Jacobian: the scores, and the tensor that is differentiated by. */
export interface CurvatureRequest
  extends Pick<CompileRequest, 'scores' | 'ruleset' | 'optimize' | 'limits' | 'outputs'> {
  /** Input, or inner tensor, to differentiate with respect to. */
  readonly wrt: string;
}

/** Returns the name of the output that holds the Jacobian with respect to `tensor`. */
export const jacobianName = (tensor: string): string => `jacobian/${tensor}`;

/**
 * Compiles the Hessian-vector product of `<cotangent, scores>`: inputs of the model, `cotangent` and `direction`; outputs
 * the scores, `gradient/<wrt>` and `hessian_vector/<wrt>`, the two in the shape of `wrt`. It is the derivative of the
 * gradient along the direction, so piecewise linear networks give zeros.
 * @throws WhylightError as `compile`
 *
 * @example
 * const graph = compileHessianVector(model.graph, { scores: 'logits', wrt: 'image' });
 * @see Pearlmutter, "Fast exact multiplication by the Hessian" (1994)
 */
export function compileHessianVector(graph: Graph, { wrt, outputs = [], ...request }: CurvatureRequest): Graph {
  const first = compile(graph, { ...request, outputs, gradients: [wrt] });
  const gradient = derivativeNames(graph, [wrt]).gradients[wrt] as string;
  return compile(first, {
    ...request,
    outputs: [...outputs, request.scores],
    scores: gradient,
    gradients: [wrt],
    topClass: false,
    steps: 'zeros',
    names: { cotangent: DIRECTION, gradients: { [wrt]: hessianVectorName(wrt) } },
  });
}

/**
 * Compiles the Jacobian of the scores: inputs of the model; outputs the scores and `jacobian/<wrt>`, which has the shape
 * [N, scores of one row, ...dims of one row of wrt]. A row is repeated inside the graph, once for each score, so one run
 * costs as much as that many gradients.
 * @throws WhylightError as `compile`; `not_differentiable` for scores whose number is open, and for branches or loops
 * that are decided during the run
 *
 * @example
 * const graph = compileJacobian(model.graph, { scores: 'logits', wrt: 'image' });
 */
export function compileJacobian(graph: Graph, { wrt, outputs = [], ...request }: CurvatureRequest): Graph {
  const names = derivativeNames(graph, [wrt]);
  const inner = compile(graph, { ...request, outputs, gradients: [wrt], topClass: false });
  const open = inner.nodes.find((node) => subgraphs(node).length > 0);
  if (open) throw refused(`${open.op} "${open.name}" is decided during the run`);
  const cotangent = inner.inputs.find(({ name }) => name === names.cotangent);
  const dims = cotangent?.dims?.slice(1);
  if (!cotangent || !isStatic(dims)) throw refused(`the number of scores in "${request.scores}" is not known`);
  const count = sizeOf(dims);

  const inputs = inner.inputs.filter(({ name }) => name !== names.cotangent);
  const g = new GraphBuilder({ ...inner, inputs, outputs: [], nodes: [] });
  const batched = inputs.filter(({ whole }) => !whole).map(({ name }) => g.value(name));
  const values = new Map(batched.map((value) => [value.name, repeated(g, value, count)]));
  const [row] = batched;
  if (!row) throw refused('no input has rows');
  values.set(names.cotangent, units(g, row, dims, count, cotangent.dtype));
  for (const node of inner.nodes) {
    const copies = g.copy(
      node,
      node.inputs.map((name) => (name === '' ? undefined : (values.get(name) ?? g.value(name)))),
    );
    for (const [i, name] of node.outputs.entries()) if (name !== '') values.set(name, copies[i] as Value);
  }
  const result = (name: string): Value => byRow(g, values.get(name) as Value, count);
  const forward = [...new Set([...outputs, request.scores])];
  return g.build([
    ...forward.map((name) => g.named(g.op('Gather', [result(name), g.scalar(0, 'int64')], { axis: 1 }), name)),
    g.named(result(names.gradients[wrt] as string), jacobianName(wrt)),
  ]);
}

/** Each row of `x` so many times: [N, ...] to [N * count, ...]. */
function repeated(g: GraphBuilder, x: Value, count: number): Value {
  const rest = (x.dims ?? []).slice(1);
  const copies = g.op('Expand', [g.op('Unsqueeze', [x, g.ints([1])]), g.ints([1, count, ...rest.map(() => 1)])]);
  return g.op('Reshape', [copies, afterRows(g, x)]);
}

/** The shape of `x` with an open number of rows. */
const afterRows = (g: GraphBuilder, x: Value): Value =>
  g.op('Concat', [g.ints([-1]), g.op('Shape', [x], { start: 1 })], { axis: 0 });

/** One cotangent for each score of each row of `x`. */
function units(g: GraphBuilder, x: Value, dims: readonly number[], count: number, dtype: Value['dtype']): Value {
  const identity = Array.from({ length: count * count }, (_, i) => (i % (count + 1) === 0 ? 1 : 0));
  const shape = g.op('Concat', [g.op('Shape', [x], { start: 0, end: 1 }), g.ints([count, count])], { axis: 0 });
  const each = g.op('Expand', [g.constant(dtype, [1, count, count], identity), shape]);
  return g.op('Reshape', [each, g.ints([-1, ...dims])]);
}

/** [N * count, ...] to [N, count, ...]. */
const byRow = (g: GraphBuilder, x: Value, count: number): Value =>
  g.op('Reshape', [x, g.op('Concat', [g.ints([-1, count]), g.op('Shape', [x], { start: 1 })], { axis: 0 })]);

const refused = (reason: string): WhylightError =>
  new WhylightError(
    'not_differentiable',
    `The Jacobian cannot be compiled: ${reason}. Run the gradient once for each score instead.`,
  );
