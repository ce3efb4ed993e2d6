/** Maps of several layers as one, at the size of the image. */
import { WhylightError } from '../../errors.ts';
import type { Attribution, ExplainContext } from '../../method/contract.ts';
import { saliencyMap } from '../../method/saliency-map.ts';
import type { ModelInfo } from '../../model/info.ts';
import { meanOf } from '../../tensor/sum.ts';
import { float32, type Tensor } from '../../tensor/tensor.ts';
import { imageOf } from './augment.ts';

/** Layers whose maps are multiplied by default: more of them add detail that is mostly noise. */
const MAX_LAYERS = 4;

/**
 * The mean of the maps of several layers (`aggregate_multi_layers` of pytorch-grad-cam), or their product scaled to [0, 1].
 * @throws WhylightError `unprocessable_method` for a layer without positions in the image
 */
export function joinedMap<P>(
  { model, inputs }: Pick<ExplainContext<P>, 'model' | 'inputs'>,
  attributions: readonly Attribution[],
  product: boolean,
): Attribution {
  const image = imageOf(model, 'more_layers');
  const shape = (inputs[image.name] as Tensor).dims.slice(1);
  const maps = attributions.map((attribution) => saliencyMap(attribution, model, { [image.name]: shape }));
  if (!maps.every((map) => map !== undefined)) {
    throw new WhylightError('unprocessable_method', 'more_layers: not every layer has positions in the image.', {
      parameter: 'more_layers',
    });
  }
  const [height = 1, width = 1] = shape.filter((_, axis) => axis !== image.channelAxis);
  const at = (p: number): number[] => maps.map(({ data }) => data[p] as number);
  const joined = Float64Array.from({ length: height * width }, (_, p) =>
    product ? at(p).reduce((all, value) => all * value, 1) : meanOf(at(p)),
  );
  const dims = image.channelAxis === 0 ? [1, 1, height, width] : [1, height, width, 1];
  return { values: { [image.name]: float32(dims, product ? scaledToUnit(joined) : joined) } };
}

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
