/** An explanation as an image. */
import { WhylightError } from '../core/errors.ts';
import { type Placed, withPlaces } from '../core/explainer/draw-predictions.ts';
import { nothingToShow } from '../core/explainer/draw-row.ts';
import type { ExplainedRow, Explanation } from '../core/explainer/explanation.ts';
import { contactSheet } from '../core/image/contact-sheet.ts';
import { type Image, makeImage } from '../core/image/image.ts';
import { renderOverlay } from '../core/image/overlay.ts';
import type { DrawingOptions } from '../core/image/overlay-options.ts';
import { inOriginalPixels, type PlacedImage, type SaliencyMap } from '../core/image/placement.ts';
import { enlargeMap } from '../core/method/saliency-map.ts';
import type { Tensor } from '../core/tensor/tensor.ts';

/** Boxes that a method returned, as predictions are drawn: the first as the explained one. */
export const returnedBoxes = ({ boxes = [] }: Pick<ExplainedRow, 'boxes'>): Omit<Placed, 'image'> => ({
  predictions: boxes.map(({ name: label, box, score }) => ({ label, box, score })),
  prediction: 0,
});

/** Options of a drawing; those that are left out get their defaults. */
export type ImageDrawingOptions = Partial<DrawingOptions>;

/**
 * Image of what `show` names of the only row, over the image where there is one, with the places of predictions and of
 * the method.
 * @throws WhylightError `not_acceptable` when an image cannot show the explanation; as {@link drawShown}
 */
export function explanationImage(
  { rows, method }: Pick<Explanation, 'rows' | 'method'>,
  placed: PlacedImage | undefined,
  options: ImageDrawingOptions,
  choseOverlay: boolean,
  { boxes = true }: { readonly boxes?: boolean } = {},
): Image {
  const [row] = rows;
  if (rows.length === 1 && row?.nothing !== undefined && placed) return placed.image;
  if (rows.length !== 1 || !row?.map) {
    throw new WhylightError(
      'not_acceptable',
      rows.length === 1
        ? 'The input of this model is no image, so its explanation is none either: ask for application/json.'
        : `An image shows one row, but ${rows.length} were sent: ask for application/json, or send one.`,
      { rows: rows.length, allowed: ['application/json'] },
    );
  }
  if (!placed && choseOverlay && options.overlay !== 'none') {
    throw new WhylightError(
      'invalid_request',
      `With a tensor there is no image to draw over: leave out "overlay", or say overlay=none.`,
      { issues: [{ parameter: 'overlay', message: 'must be "none" for a tensor' }] },
    );
  }
  return drawShown(method, row, placed, options, boxes);
}

/**
 * Image of what `show` names of a row: its map, every further map on one sheet, or its uncertainty.
 * @param method id, for the message
 * @throws WhylightError `unprocessable_method` where the method returned nothing of the kind
 */
export function drawShown(
  method: string,
  row: ExplainedRow,
  placed: PlacedImage | undefined,
  { show = 'map', ...options }: ImageDrawingOptions,
  boxes = true,
): Image {
  const draw = (map: Tensor<'float32'>): Image => drawMap(row, map, placed, options, boxes);
  const { map, maps = [], uncertainty } = row;
  if (show === 'map' && map) return draw(map);
  if (show === 'uncertainty' && uncertainty?.map) return draw(uncertainty.map);
  const cells = maps.flatMap(({ name, map: own, score }) =>
    own && map ? [{ label: labelOf(name, score), image: draw(enlargeMap(own, map.dims as [number, number])) }] : [],
  );
  if (show === 'maps' && cells.length > 0) return contactSheet(cells);
  throw nothingToShow(show, method);
}

const labelOf = (name: string, score: number | undefined): string =>
  score === undefined ? name : `${name}: ${score.toPrecision(3)}`;

function drawMap(
  row: ExplainedRow,
  tensor: Tensor<'float32'>,
  placed: PlacedImage | undefined,
  options: Parameters<typeof renderOverlay>[2],
  boxes: boolean,
): Image {
  const map = toMap(tensor);
  if (!placed) {
    const drawn = renderOverlay(map, makeImage(map.width, map.height), { ...options, overlay: 'none' });
    return withPlaces(drawn, { ...returnedBoxes(row), image: map }, { lines: boxes });
  }
  const drawn = renderOverlay(map, placed.image, options, placed.placement);
  const { image } = inOriginalPixels(placed);
  const predicted = withPlaces(drawn, { ...row, image }, { lines: boxes });
  return withPlaces(predicted, { ...returnedBoxes(row), image }, { lines: boxes });
}

const toMap = ({ dims, data }: Tensor<'float32'>): SaliencyMap => ({
  height: dims[0] as number,
  width: dims[1] as number,
  values: data,
});
