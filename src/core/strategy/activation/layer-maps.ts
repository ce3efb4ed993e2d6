/** Maps of several layers as one, at the size of the image. */
import * as z from 'zod';
import { WhylightError } from '../../errors.ts';
import type { Attribution, ExplainContext } from '../../method/contract.ts';
import { enlargeMap, mapAtOwnSize } from '../../method/saliency-map.ts';
import { imageInput, type ModelInfo } from '../../model/info.ts';
import { meanOf } from '../../tensor/sum.ts';
import { float32, type Tensor } from '../../tensor/tensor.ts';
import { imageOf } from './augment.ts';

/** Layers whose maps are multiplied by default: more of them add detail that is mostly noise. */
const MAX_LAYERS = 4;

export const moreLayersParameter = z
  .array(z.string().min(1))
  .max(20)
  .default([])
  .describe(
    'Names of further tensors: the map is then the mean over all layers, each scaled to [0, 1] before, at the size of the image, or position by position where the input is none.',
  );

/** Phrase of `returns.maps` for methods with {@link moreLayersParameter}. */
export const LAYER_MAPS_RETURNED = 'the map of each layer, scaled to [0, 1], with `more_layers`';

/**
 * The mean of the maps of several layers, each scaled to [0, 1] (`aggregate_multi_layers` of pytorch-grad-cam), or their
 * product, scaled to [0, 1] itself. The map of each layer is beside it.
 * @param attributions one map of one layer each
 * @throws WhylightError `unprocessable_method` for a layer that is named twice, and for layers whose positions are not
 * those of one another
 */
export function joinedMap<P>(
  ctx: Pick<ExplainContext<P>, 'model' | 'inputs'>,
  attributions: readonly Attribution[],
  product: boolean,
): Attribution {
  const layers = attributions.flatMap(({ values }) => Object.keys(values));
  const twice = layers.find((name, i) => layers.indexOf(name) < i);
  if (twice !== undefined) throw unlike(`the layer "${twice}" is named twice`);
  const { dims, name, maps } = imageInput(ctx.model) ? overImage(ctx, attributions) : byPosition(attributions);
  const at = (p: number): number[] => maps.map((map) => map[p] as number);
  const joined = Float64Array.from({ length: maps[0]?.length ?? 0 }, (_, p) =>
    product ? at(p).reduce((all, value) => all * value, 1) : meanOf(at(p)),
  );
  return {
    values: { [name]: float32(dims, product ? scaledToUnit(joined) : joined) },
    maps: maps.map((map, i) => ({ name: layers[i] as string, values: { [name]: float32(dims, map) } })),
  };
}

/** Maps of the same positions, scaled to [0, 1], and the tensor that they are given for. */
interface CommonMaps {
  readonly name: string;
  readonly dims: readonly number[];
  readonly maps: readonly ArrayLike<number>[];
}

function overImage<P>(
  { model, inputs }: Pick<ExplainContext<P>, 'model' | 'inputs'>,
  attributions: readonly Attribution[],
): CommonMaps {
  const image = imageOf(model, 'more_layers');
  const shape = (inputs[image.name] as Tensor).dims.slice(1);
  const [height = 1, width = 1] = shape.filter((_, axis) => axis !== image.channelAxis);
  const maps = attributions.map((one) => {
    const map = mapAtOwnSize(one, model);
    if (!map) throw unlike('not every layer has positions in the image');
    const scaled = float32(map.dims, scaledToUnit(Float64Array.from(map.data)));
    return enlargeMap(scaled, [height, width]).data;
  });
  return { name: image.name, dims: image.channelAxis === 0 ? [1, 1, height, width] : [1, height, width, 1], maps };
}

/** The maps at the first layer, where every layer has as many positions. */
function byPosition(attributions: readonly Attribution[]): CommonMaps {
  const all = attributions.flatMap(({ values }) => Object.entries(values));
  const [[name, { dims, data }] = ['', float32([0])] as const] = all;
  if (all.some(([, other]) => other.data.length !== data.length)) {
    const shapes = all.map(([own, { dims }]) => `"${own}" [${dims.join(', ')}]`);
    throw unlike(`the layers have different numbers of positions: ${shapes.join(', ')}`);
  }
  return { name, dims, maps: all.map(([, { data }]) => scaledToUnit(Float64Array.from(data))) };
}

const unlike = (problem: string): WhylightError =>
  new WhylightError('unprocessable_method', `more_layers: ${problem}.`, { parameter: 'more_layers' });

/** Names of the layer that CAM methods take and, before it, of the last feature map of each larger size. */
export function layersByResolution({ camLayer, spatialLayers }: ModelInfo): readonly string[] {
  const names = camLayer ? [camLayer.name] : [];
  const sizes = new Set(camLayer ? [camLayer.dims.slice(1).join()] : []);
  for (const { name, dims } of spatialLayers) {
    const size = dims.slice(1).join();
    if (names.length >= MAX_LAYERS || sizes.has(size) || dims.length !== 3) continue;
    sizes.add(size);
    names.push(name);
  }
  return names;
}

/** To [0, 1]; a flat map becomes zero. */
export function scaledToUnit(map: Float64Array): Float64Array {
  let [low, high] = [Infinity, -Infinity];
  for (const value of map) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return map.map((value) => (value - low) / (high - low || 1));
}
