/** An explanation as an image. */
import { WhylightError } from '../core/errors.ts';
import { withBoxes } from '../core/explainer/draw-predictions.ts';
import { nothingToShow } from '../core/explainer/draw-row.ts';
import type { ExplainedRow, Explanation } from '../core/explainer/explanation.ts';
import { contactSheet } from '../core/image/contact-sheet.ts';
import { type Image, makeImage } from '../core/image/image.ts';
import { type DrawingOptions, renderOverlay } from '../core/image/overlay.ts';
import { inOriginalPixels, type PlacedImage, type SaliencyMap } from '../core/image/placement.ts';
import { enlargeMap } from '../core/method/saliency-map.ts';
import type { Prediction } from '../core/task/task.ts';
import type { Tensor } from '../core/tensor/tensor.ts';

/** Number of the explained box among the predictions; -1 where none is. */
export const chosenBox = ({ predictions = [], score, nothing }: ExplainedRow): number =>
  nothing === undefined ? predictions.findIndex((one) => one.box && Math.abs(one.score - score) < 1e-6) : -1;

/** Boxes that a method returned, as predictions are drawn. */
export const returnedBoxes = ({ boxes = [] }: Pick<ExplainedRow, 'boxes'>): Prediction[] =>
  boxes.map(({ name: label, box, score }) => ({ label, box, score }));

/** Options of a drawing; those that are left out get their defaults. */
export type PictureOptions = Partial<DrawingOptions>;

/**
 * Image of what `show` names of the only row, over the image where there is one, with the boxes of predictions and of the method.
 * @throws WhylightError `not_acceptable` when an image cannot show the explanation; as {@link drawShown}
 */
export function explanationPicture(
  { rows, method }: Pick<Explanation, 'rows' | 'method'>,
  placed: PlacedImage | undefined,
  options: PictureOptions,
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
  { show = 'map', ...options }: PictureOptions,
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
    const own = { width: map.width, height: map.height };
    const drawn = renderOverlay(map, makeImage(map.width, map.height), { ...options, overlay: 'none' });
    return boxes ? withBoxes(drawn, returnedBoxes(row), scaleOf(drawn, own), 0) : drawn;
  }
  const drawn = renderOverlay(map, placed.image, options, placed.placement);
  if (!boxes) return drawn;
  const scale = scaleOf(drawn, inOriginalPixels(placed).image);
  return withBoxes(withBoxes(drawn, row.predictions ?? [], scale, chosenBox(row)), returnedBoxes(row), scale, 0);
}

/** Pixels of a drawing for each pixel of the image that positions are given in. */
export const scaleOf = (drawn: Size, image: Size) => ({
  across: drawn.width / image.width,
  down: drawn.height / image.height,
});

type Size = { readonly width: number; readonly height: number };

const toMap = ({ dims, data }: Tensor<'float32'>): SaliencyMap => ({
  height: dims[0] as number,
  width: dims[1] as number,
  values: data,
});
