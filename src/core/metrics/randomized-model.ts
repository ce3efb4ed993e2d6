/** A model whose weights are shuffled, layer by layer, for the checks that an explanation depends on them. */
import { WhylightError } from '../errors.ts';
import type { Model } from '../model/model.ts';
import type { Constant } from '../onnx/graph.ts';
import { traitsOf } from '../onnx/operators.ts';
import { Random } from '../tensor/random.ts';

/** `top_down`: from the scores down to this layer; `bottom_up`: from the input up to it; `independent`: it alone. */
export type LayerOrder = 'top_down' | 'bottom_up' | 'independent';

/**
 * The constants of each layer that has weights, nearest to the scores first.
 * @throws WhylightError `unprocessable_method` when there are none.
 */
export function weightedLayers({ graph }: Model): (readonly string[])[] {
  const layers = graph.nodes
    .filter((node) => traitsOf(node).weights)
    .map(({ inputs }) => inputs.filter((name) => graph.constants.get(name)?.dtype === 'float32'))
    .filter((names) => names.length > 0)
    .reverse();
  if (layers.length > 0) return layers;
  throw new WhylightError(
    'unprocessable_method',
    'The model has no layer with float32 weights: there is nothing to randomise.',
  );
}

/** The model with the layers of {@link weightedLayers} up to number `layer`, in this order, shuffled. */
export function randomized(model: Model, layer: number, order: LayerOrder, seed: number): Promise<Model> {
  const layers = [...weightedLayers(model).entries()];
  const chosen =
    order === 'top_down'
      ? layers.slice(0, layer + 1)
      : order === 'bottom_up'
        ? layers.slice(layers.length - 1 - layer)
        : layers.slice(layer, layer + 1);
  const constants = new Map(model.graph.constants);
  for (const [number, names] of chosen) {
    for (const [i, name] of names.entries()) {
      const constant = model.graph.constants.get(name) as Constant;
      constants.set(name, shuffled(constant, new Random(seed, number * names.length + i)));
    }
  }
  return model.withConstants(constants, `randomized ${order} ${layer} ${seed}`);
}

/** The same numbers in another order: the layer keeps its scale, and forgets what it learnt. */
function shuffled(constant: Constant, random: Random): Constant {
  const values = new Uint32Array(constant.bytes.slice().buffer);
  const order = random.permutation(values.length);
  const bytes = new Uint8Array(values.map((_, i) => values[order[i] as number] as number).buffer);
  return { ...constant, bytes };
}
