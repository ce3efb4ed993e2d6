/** Names of what differentiation adds to a graph. */
import { WhylightError } from '../errors.ts';
import type { Graph } from '../onnx/graph.ts';

/** Names of the further input and outputs of a differentiated graph. */
export interface DerivativeNames {
  /** Input for the weight of each element of the scores. */
  readonly cotangent: string;
  /** Output that holds the derivative, by tensor. */
  readonly gradients: Readonly<Record<string, string>>;
}

/**
 * Name of the graph input that weights the elements of the scores, same shape as the scores. A row of zeros selects the
 * top class where the scores are [N, classes].
 *
 * @example
 * import { COTANGENT } from 'whylight/compiler';
 * const outputs = await session.run({ image, [COTANGENT]: float32([1, 10], oneHot) });
 */
export const COTANGENT = 'cotangent';

/**
 * Returns the name of the output that holds the derivative with respect to `tensor`: `gradient/<tensor>`.
 *
 * @example
 * import { gradientName } from 'whylight/compiler';
 * const gradient = outputs[gradientName('image')];
 */
export const gradientName = (tensor: string): string => `gradient/${tensor}`;

/**
 * Name of the input that holds the vector of a Hessian-vector product, in the shape of its tensor.
 *
 * @example
 * import { DIRECTION } from 'whylight/plugin';
 * const { hessianVectors } = await ctx.evaluate({ ...ctx.inputs, [DIRECTION]: vectors }); // needs hessianVector: 'image'
 */
export const DIRECTION = 'direction';

/** Returns the name of the output that holds the Hessian-vector product with respect to `tensor`. */
export const hessianVectorName = (tensor: string): string => `hessian_vector/${tensor}`;

/**
 * Returns names that the graph does not have yet: `cotangent` and `gradient/<tensor>`, or `cotangent2` and
 * `gradient2/<tensor>` where the graph is a derivative already, and so on.
 * @param tensors tensors to differentiate with respect to
 *
 * @example
 * import { derivativeNames } from 'whylight/compiler';
 * const { cotangent, gradients } = derivativeNames(model.graph, ['image']);
 */
export function derivativeNames(graph: Graph, tensors: readonly string[]): DerivativeNames {
  const taken = namesOf(graph);
  for (let order = 1; ; order++) {
    const suffix = order === 1 ? '' : `${order}`;
    const names: DerivativeNames = {
      cotangent: `${COTANGENT}${suffix}`,
      gradients: Object.fromEntries(tensors.map((tensor) => [tensor, `gradient${suffix}/${tensor}`])),
    };
    if (![names.cotangent, ...Object.values(names.gradients)].some((name) => taken.has(name))) return names;
  }
}

/**
 * Checks names that a request states.
 * @throws WhylightError `invalid_request` for a name that the graph has, or a tensor without a name
 */
export function checkNames(graph: Graph, tensors: readonly string[], names: DerivativeNames): void {
  const taken = namesOf(graph);
  const stated = [names.cotangent, ...tensors.map((tensor) => names.gradients[tensor])];
  for (const [i, name] of stated.entries()) {
    if (name === undefined) {
      throw new WhylightError('invalid_request', `names.gradients has no name for "${tensors[i - 1]}": add one.`);
    }
    if (taken.has(name) || stated.indexOf(name) < i) {
      throw new WhylightError(
        'invalid_request',
        `The graph has a tensor named "${name}" already: state another name, or leave "names" out.`,
        { name },
      );
    }
  }
}

const DERIVATIVE = /^gradient(\d*)\//;

/** Returns the outputs that hold derivatives of the highest order in a differentiated graph; none for other graphs. */
export function derivativesIn({ outputs }: Pick<Graph, 'outputs'>): string[] {
  const orders = outputs.flatMap(({ name }) => {
    const order = DERIVATIVE.exec(name)?.[1];
    return order === undefined ? [] : [{ name, order: Number(order || 1) }];
  });
  const highest = Math.max(...orders.map(({ order }) => order));
  return orders.filter(({ order }) => order === highest).map(({ name }) => name);
}

/** True for the name of an input that weights the scores of a differentiated graph. */
export const isCotangent = (name: string): boolean => /^cotangent\d*$/.test(name);

function namesOf(graph: Graph): Set<string> {
  return new Set([
    ...graph.inputs.map(({ name }) => name),
    ...graph.constants.keys(),
    ...graph.nodes.flatMap(({ outputs }) => outputs),
  ]);
}
