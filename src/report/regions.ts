/** Position of the object in each image of a study. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { WhylightError } from '../core/errors.ts';
import type { Placement, Size } from '../core/image/placement.ts';
import { parseJson } from '../core/json.ts';
import { type Box, type Region, regionOfBoxes } from '../core/metrics/region.ts';
import { nodeCodecs } from '../node/codecs.ts';
import type { StudyInput } from './inputs.ts';

/** Says where the object of an image is, on the map of the part that the model sees. */
export type RegionSource = (
  input: Pick<StudyInput, 'name'>,
  image: Size,
  placement: Placement,
  map: readonly [number, number],
) => Promise<Region | undefined>;

/**
 * Boxes from a JSON file `{"cat/1.jpg": [[left, top, right, bottom], ...]}` in pixels of the image, or masks from a
 * folder that holds a PNG of the same size beside each name: whatever is not black and not transparent is the object.
 * @throws WhylightError `invalid_config` for a file of another kind
 */
export async function openRegions(path: string): Promise<RegionSource> {
  const found = await stat(path).catch((cause) => {
    throw new WhylightError('not_found', `There are no boxes or masks at ${path}.`, { path }, { cause });
  });
  return found.isDirectory() ? masks(path) : boxes(parseJson(await readFile(path, 'utf8'), path), path);
}

function boxes(given: unknown, path: string): RegionSource {
  const isBox = (box: unknown): box is Box => Array.isArray(box) && box.length === 4 && box.every(Number.isFinite);
  const isList = (list: unknown): list is Box[] => Array.isArray(list) && list.every(isBox);
  if (typeof given !== 'object' || given === null || !Object.values(given).every(isList)) {
    throw new WhylightError(
      'invalid_config',
      `${path} must hold lists of boxes by image: {"cat/1.jpg": [[left, top, right, bottom]]}.`,
      { file: path },
    );
  }
  const byName = given as Readonly<Record<string, Box[]>>;
  return async ({ name }, _, placement, [height, width]) => {
    const list = Object.hasOwn(byName, name) ? byName[name] : undefined;
    if (!list) return undefined;
    const [across, down] = [width / placement.width, height / placement.height];
    return regionOfBoxes(
      list.map(([left, top, right, bottom]) => [
        (left - placement.x) * across,
        (top - placement.y) * down,
        (right - placement.x) * across,
        (bottom - placement.y) * down,
      ]),
      [height, width],
    );
  };
}

function masks(folder: string): RegionSource {
  return async ({ name }, image, placement, [height, width]) => {
    const bytes = await readFile(join(folder, name.replace(/\.\w+$/, '.png'))).catch(() => undefined);
    if (!bytes) return undefined;
    const mask = await nodeCodecs().decode(bytes, { detail: Number.POSITIVE_INFINITY });
    if (mask.width !== image.width || mask.height !== image.height) {
      throw new WhylightError(
        'invalid_image',
        `The mask of ${name} has ${mask.width}x${mask.height} pixels, but the image has ${image.width}x${image.height}.`,
        { image: name },
      );
    }
    const inside = new Uint8Array(height * width);
    for (let i = 0; i < inside.length; i++) {
      const x = Math.floor(placement.x + (((i % width) + 0.5) / width) * placement.width);
      const y = Math.floor(placement.y + ((Math.floor(i / width) + 0.5) / height) * placement.height);
      if (x < 0 || y < 0 || x >= mask.width || y >= mask.height) continue;
      const at = (y * mask.width + x) * 4;
      const [red = 0, green = 0, blue = 0, alpha = 0] = mask.data.subarray(at, at + 4);
      inside[i] = alpha > 0 && red + green + blue > 0 ? 1 : 0;
    }
    return { dims: [height, width], inside };
  };
}
