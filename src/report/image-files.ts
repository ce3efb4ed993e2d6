/** The images of a folder, with what is known about each: its class, and where the object is. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { WhylightError } from '../core/errors.ts';
import type { Placement, Size } from '../core/image/placement.ts';
import { parseJson } from '../core/json.ts';
import { type Box, type Region, regionOfBoxes } from '../core/metrics/region.ts';
import type { Model } from '../core/model/model.ts';
import { nodeCodecs } from '../node/codecs.ts';
import { reasonOf } from '../node/system-errors.ts';

export interface ImageFile {
  /** Path inside the folder, with `/`. */
  readonly name: string;
  readonly path: string;
  /** The class that its folder names: as the model spells it, and its index. */
  readonly truth?: { readonly label: string; readonly index: number };
}

/** Source of the true classes: names of folders, none, or (`auto`) folders if all their names are classes. */
export type Truth = 'auto' | 'folders' | 'none';
export const TRUTHS: Truth[] = ['auto', 'folders', 'none'];

const IMAGE_FILE = /\.(jpe?g|png|webp)$/i;

/**
 * Every JPEG, PNG and WebP file in the folder and below, by name.
 * @throws WhylightError `not_found` when there are none; `label_not_found` when folders must name classes and do not.
 */
export async function listImages(folder: string, model: Model, truth: Truth): Promise<ImageFile[]> {
  const root = resolve(folder);
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch((cause) => {
    throw new WhylightError(
      'not_found',
      `Cannot read the folder ${folder}: ${reasonOf(cause)}.`,
      { folder },
      { cause },
    );
  });
  const paths = entries
    .filter((entry) => entry.isFile() && IMAGE_FILE.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  if (paths.length === 0) {
    throw new WhylightError('not_found', `There are no JPEG, PNG or WebP files in ${folder}.`, { folder });
  }
  const files = paths.map((path) => ({ name: relative(root, path).split(sep).join('/'), path }));
  if (truth === 'none') return files;
  const classOf = (name: string) => {
    const label = dirname(name).split('/').at(-1) ?? '';
    const index = model.labels?.find(label);
    return index === undefined ? undefined : { label: model.labels?.names[index] ?? label, index };
  };
  const classes = files.map(({ name }) => classOf(name));
  const unknown = files.find((_, i) => !classes[i]);
  if (!unknown) return files.map((file, i) => ({ ...file, truth: classes[i] as NonNullable<ImageFile['truth']> }));
  if (truth === 'auto') return files;
  const label = dirname(unknown.name);
  throw new WhylightError(
    'label_not_found',
    `The folder of ${unknown.name} names no class of ${model.name}. Name folders after classes, or say --truth none.`,
    { label, nearest: model.labels?.nearest(label) ?? [] },
  );
}

/** Says where the object of an image is, on the map of the part that the model sees. */
export type RegionSource = (
  file: ImageFile,
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
    const bytes = await readFile(join(folder, name.replace(IMAGE_FILE, '.png'))).catch(() => undefined);
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
