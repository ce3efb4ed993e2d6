/** The layer that class activation maps look at, as feature maps. */
import { type Layout, layoutOf } from '../../../core/method/layout.ts';
import type { TensorInfo } from '../../../core/model/info.ts';
import type { GraphBuilder, Value } from '../../../core/onnx/builder.ts';
import { imageOf, refused, type Subject } from './subject.ts';

/** Layer of feature maps [N, C, H, W], or of tokens [N, T, C] that stand for the places of the image. */
export interface MapLayer {
  readonly info: TensorInfo;
  readonly layout: Layout;
  /** Places of the image; absent where the size of feature maps is open. */
  readonly grid?: readonly [height: number, width: number];
}

/**
 * The layer that CAM methods look at.
 * @throws WhylightError `unprocessable_method` where the model has no feature maps, and no tokens of the image
 */
export function mapLayer(subject: Subject): MapLayer {
  imageOf(subject);
  const { info } = subject;
  const layer = info.camLayer;
  if (!layer) throw refused('the model has no layer of feature maps [N, C, H, W] or of tokens [N, T, C]');
  const layout = layoutOf(layer, info);
  const around = layout.channels === 'first' ? layer.dims.slice(1) : layer.dims.slice(0, -1);
  const [height, width, ...more] = layout.grid ?? around;
  if (typeof height === 'number' && typeof width === 'number' && more.length === 0) {
    return { info: layer, layout, grid: [height, width] };
  }
  if (layout.channels === 'first' && around.length === 2) return { info: layer, layout };
  throw refused(`the layer "${layer.name}" [N, ${layer.dims.join(', ')}] has no places of an image of known size`);
}

/** The values of the layer, or their gradient, as [N, C, H, W]; tokens that stand for no place are left out. */
export function featureMaps(g: GraphBuilder, value: Value, { info, layout, grid }: MapLayer): Value {
  const { channels, prefix, order } = layout;
  if (channels === 'first') {
    return info.dims.length === 3 || !grid ? value : g.op('Reshape', [value, g.ints([0, 0, ...grid])]);
  }
  const [height, width] = grid ?? [0, 0];
  const tokens = g.op('Reshape', [value, g.ints([0, -1, Number(info.dims.at(-1))])]);
  const positions = Array.from(
    { length: height * width },
    (_, place) => prefix + (order ? order.indexOf(place) : place),
  );
  const placed = prefix === 0 && !order ? tokens : g.op('Gather', [tokens, g.ints(positions)], { axis: 1 });
  return g.op('Reshape', [g.op('Transpose', [placed], { perm: [0, 2, 1] }), g.ints([0, 0, height, width])]);
}
