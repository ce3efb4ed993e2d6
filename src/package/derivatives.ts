/** Derivatives of ONNX files as ONNX files: gradients, Hessian-vector products, Jacobians. */
import { type CompileRequest, compile, derivativeNames } from '../core/autodiff/compile.ts';
import { DIRECTION, derivativesIn, hessianVectorName, isCotangent } from '../core/autodiff/names.ts';
import {
  type CurvatureRequest,
  compileHessianVector,
  compileJacobian,
  jacobianName,
} from '../core/autodiff/second-order.ts';
import { WhylightError } from '../core/errors.ts';
import { Model } from '../core/model/model.ts';
import type { ModelSource } from '../core/model/model-source.ts';
import type { Graph } from '../core/onnx/graph.ts';
import type { ModelBytes } from '../core/onnx/model-bytes.ts';
import { write } from '../core/onnx/write.ts';

/** Model to differentiate: the bytes of an ONNX file, these with files beside them, or what `differentiate` returned. */
export type DifferentiableSource = Uint8Array | ModelSource | ModelBytes;

/** Differentiated model: an ONNX file, its graph, and the names of its further inputs and outputs. */
export interface Differentiated extends ModelBytes {
  /** Graph of the file. */
  readonly compiled: Graph;
  /** Name of the input for the weight of each element of the scores, same shape: 1 at the class, 0 elsewhere. */
  readonly cotangent: string;
  /** Name of the output that holds the derivative, by tensor. */
  readonly gradients: Readonly<Record<string, string>>;
}

/** ONNX file of a Hessian-vector product, with the names of what it takes and gives. */
export interface HessianVector extends ModelBytes {
  /** Graph of the file. */
  readonly compiled: Graph;
  /** Name of the input for the weight of each element of the scores. */
  readonly cotangent: string;
  /** Name of the input that holds the vector, in the shape of the tensor. */
  readonly direction: string;
  /** Name of the output that holds the gradient. */
  readonly gradient: string;
  /** Name of the output that holds the product, in the shape of the tensor. */
  readonly product: string;
}

/** ONNX file of a Jacobian. */
export interface Jacobian extends ModelBytes {
  /** Graph of the file. */
  readonly compiled: Graph;
  /** Name of the output that holds the Jacobian: [N, scores of one row, ...dims of one row of the tensor]. */
  readonly jacobian: string;
}

/** Request of {@link hessianVector} and {@link jacobian}: the model's own scores and only input when left out. */
export type DerivativeRequest = Partial<CurvatureRequest>;

/**
 * Differentiates a model: adds the derivatives of its scores as further outputs, in standard ONNX operators. Of a model
 * that is a derivative already, the derivative is differentiated once more, and a row of zeros in the new cotangent
 * stands for zero.
 * @param source ONNX file; also the result of another call
 * @param request derivatives to add; with respect to every floating point input and every embedding when left out
 * @returns the ONNX file; its input `cotangent` weights the scores, its outputs `gradient/<tensor>` are the derivatives
 * @throws WhylightError `invalid_model`, `invalid_config` for a manifest that does not fit the file, `layer_not_found`
 * for unknown tensors, `not_differentiable` with every operator that has no rule, `invalid_request` for a derivative
 * with several gradients and no `scores`
 *
 * @example
 * import { differentiate } from 'whylight/compiler';
 * const first = await differentiate(await readFile('model.onnx'));
 * await writeFile('model.gradient.onnx', first.graph);
 * const second = await differentiate(first); // input cotangent2, output gradient2/image
 * @see docs/compiler.md
 */
export async function differentiate(
  source: DifferentiableSource,
  request: Partial<CompileRequest> = {},
): Promise<Differentiated> {
  const model = await open(source);
  const { scores = scoresOf(model), gradients = sourcesOf(model) } = request;
  const again = derivativesIn(model.graph).length > 0;
  const compiled = compile(model.graph, {
    topClass: !again,
    steps: again ? 'zeros' : 'refuse',
    ...request,
    scores,
    gradients,
  });
  const names = request.names ?? derivativeNames(model.graph, gradients);
  return { ...write(compiled), compiled, cotangent: names.cotangent, gradients: names.gradients };
}

/**
 * Writes the Hessian-vector product of a model's scores: one run gives scores, gradient and the derivative of the
 * gradient along a direction.
 * @throws WhylightError as {@link differentiate}
 *
 * @example
 * import { hessianVector } from 'whylight/compiler';
 * const { graph, cotangent, direction, product } = await hessianVector(await readFile('model.onnx'));
 * const outputs = await session.run({ image, [cotangent]: oneHot, [direction]: v });
 * @see docs/compiler.md
 */
export async function hessianVector(
  source: DifferentiableSource,
  request: DerivativeRequest = {},
): Promise<HessianVector> {
  const { graph, asked } = await curvature(source, request);
  const compiled = compileHessianVector(graph, asked);
  const { cotangent, gradients } = derivativeNames(graph, [asked.wrt]);
  const gradient = gradients[asked.wrt] as string;
  return {
    ...write(compiled),
    compiled,
    cotangent,
    direction: DIRECTION,
    gradient,
    product: hessianVectorName(asked.wrt),
  };
}

/**
 * Writes the Jacobian of a model's scores: one run gives the derivative of every score, at the cost of as many gradients.
 * @throws WhylightError as {@link differentiate}; `not_differentiable` for scores whose number is open
 *
 * @example
 * import { jacobian } from 'whylight/compiler';
 * const { graph, jacobian: name } = await jacobian(await readFile('model.onnx'));
 * const { [name]: matrix } = await session.run({ image }); // [N, classes, ...image]
 * @see docs/compiler.md
 */
export async function jacobian(source: DifferentiableSource, request: DerivativeRequest = {}): Promise<Jacobian> {
  const { graph, asked } = await curvature(source, request);
  const compiled = compileJacobian(graph, asked);
  return { ...write(compiled), compiled, jacobian: jacobianName(asked.wrt) };
}

async function curvature(
  source: DifferentiableSource,
  request: DerivativeRequest,
): Promise<{ graph: Graph; asked: CurvatureRequest }> {
  const model = await open(source);
  const { scores = scoresOf(model), wrt = onlySource(model) } = request;
  return { graph: model.graph, asked: { ...request, scores, wrt } };
}

function open(source: DifferentiableSource): Promise<Model> {
  if (source instanceof Uint8Array) return Model.read({ bytes: source });
  if ('bytes' in source) return Model.read(source);
  const { graph, external = [] } = source;
  return Model.read({ bytes: graph, external: new Map(external.map(({ path, data }) => [path, data])) });
}

/** The scores of a model; of a derivative, the derivative. */
function scoresOf(model: Model): string {
  const derivatives = derivativesIn(model.graph);
  if (derivatives.length > 1) {
    throw new WhylightError(
      'invalid_request',
      `The model has the derivatives ${derivatives.join(', ')}: state the one to differentiate as "scores".`,
      { derivatives },
    );
  }
  return derivatives[0] ?? model.info().scores.name;
}

const sourcesOf = (model: Model): string[] =>
  model
    .info()
    .sources.map(({ name }) => name)
    .filter((name) => !isCotangent(name));

function onlySource(model: Model): string {
  const [first, ...others] = sourcesOf(model);
  if (first !== undefined && others.length === 0) return first;
  throw new WhylightError(
    'invalid_request',
    `The model can be differentiated by ${sourcesOf(model).join(', ') || 'no input'}: state one tensor as "wrt".`,
  );
}
