/** Maps as they are shown. */
import type { ColormapName } from '../core/image/colormap.ts';
import { drawnRange as rangeOf } from '../core/image/draw-overlay.ts';
import type { Image } from '../core/image/image.ts';
import { renderOverlay } from '../core/image/overlay.ts';
import type { Placement } from '../core/image/placement.ts';
import type { MapValues } from './answer.ts';
import type { View } from './state.ts';

/** The map over the image, drawn by the very code that draws the server's PNG. */
export function drawMap(map: MapValues, image: Image, placement: Placement, view: View): Image {
  const { type, polarity, colormap, opacity, overlay, clip } = view;
  return renderOverlay(
    map,
    image,
    {
      type,
      polarity,
      opacity,
      overlay,
      clip_percent_upperbound: clip,
      ...(colormap !== 'auto' && { colormap: colormap as ColormapName }),
    },
    placement,
  );
}

/** Name of the colour map that {@link drawMap} takes. */
export const drawnWith = ({ colormap, polarity }: View): ColormapName =>
  colormap === 'auto' ? (polarity === 'both' ? 'coolwarm' : 'turbo') : (colormap as ColormapName);

/** Absolute values of the map that have the faintest and the strongest colour. */
export const drawnRange = (map: MapValues, view: View): { readonly low: number; readonly high: number } =>
  rangeOf(map, {
    type: view.type,
    polarity: view.polarity,
    opacity: view.opacity,
    overlay: view.overlay,
    clip_percent_upperbound: view.clip,
    clip_percent_lowerbound: 0,
  });

/** The map's own value below a place of the image; undefined where the model sees nothing. */
export function valueAt(map: MapValues, placement: Placement, x: number, y: number): number | undefined {
  const column = Math.floor(((x - placement.x) / placement.width) * map.width);
  const row = Math.floor(((y - placement.y) / placement.height) * map.height);
  if (column < 0 || row < 0 || column >= map.width || row >= map.height) return undefined;
  return map.values[row * map.width + column];
}
