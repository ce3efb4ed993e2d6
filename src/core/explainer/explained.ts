/** From what a method returned to what a row of an explanation holds. */
import { inOriginalPixels, type PlacedSize, type Placement } from '../image/placement.ts';
import { checkAttribution } from '../method/attribution.ts';
import type { Attribution } from '../method/contract.ts';
import type { NamedBox } from '../method/results.ts';
import { mapAtOwnSize, saliencyMap } from '../method/saliency-map.ts';
import { imageInput } from '../model/info.ts';
import type { Inputs } from '../tensor/rows.ts';
import type { Explained, ExplainedMap } from './explanation.ts';
import type { Plan } from './plan.ts';

/**
 * The attribution of one row with its maps.
 * @param inputs one row of each
 * @throws WhylightError `method_failed` for one that is unusable, see {@link checkAttribution}
 */
export function explainedBy(
  { entry, info, request }: Pick<Plan, 'entry' | 'info' | 'request'>,
  inputs: Inputs,
  attribution: Attribution,
): Explained {
  const shapes = Object.fromEntries(Object.entries(inputs).map(([name, { dims }]) => [name, dims.slice(1)]));
  checkAttribution(entry.method, attribution, info, shapes);
  const { values, standardError, maps, uncertainty, boxes, text } = attribution;
  const map = saliencyMap(attribution, info, shapes);
  const image = imageInput(info);
  const [height = 1, width = 1] = image
    ? (shapes[image.name] ?? []).filter((_, axis) => axis !== image.channelAxis)
    : [];
  return {
    values,
    ...(map && { map }),
    ...(standardError !== undefined && { standardError }),
    ...(maps && { maps: maps.map((one): ExplainedMap => withOwnMap(one, mapAtOwnSize(one, info))) }),
    // Errors of channels are added up: an upper bound, and exact where one number stands for all of them.
    ...(uncertainty && {
      uncertainty: withOwnMap({ values: uncertainty }, saliencyMap({ values: uncertainty }, info, shapes)),
    }),
    ...(boxes && { boxes: boxes.map((one) => inUprightImage(one, { width, height }, request.read?.image)) }),
    ...(text !== undefined && { text }),
  };
}

const withOwnMap = <T extends object, M>(one: T, map: M | undefined): T & { map?: M } => (map ? { ...one, map } : one);

/** The box in pixels of the upright image where that is known, else in those of the input. */
function inUprightImage(
  box: NamedBox,
  input: { readonly width: number; readonly height: number },
  image: PlacedSize | undefined,
): NamedBox {
  if (!image) return box;
  const { x, y, width, height }: Placement = inOriginalPixels(image).placement;
  const [x0, y0, x1, y1] = box.box;
  const across = (at: number): number => x + (at * width) / input.width;
  const down = (at: number): number => y + (at * height) / input.height;
  return { ...box, box: [across(x0), down(y0), across(x1), down(y1)] };
}
