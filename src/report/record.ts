/** Record of one input: a line of the journal, and the data that the pages are made of. */
import type { Image } from '../core/image/image.ts';
import type { Placement } from '../core/image/placement.ts';
import type { CodedMask } from '../core/image/run-length.ts';
import type { Region } from '../core/metrics/region.ts';
import type { PackedMap } from './packed-map.ts';

export interface InputRecord {
  /** Path inside the folder, with `/`. */
  readonly name: string;
  /** First digits of the SHA-256 of the content: a changed input is looked at again. */
  readonly digest: string;
  /** True class. */
  readonly truth?: string;
  /** Best first; empty where nothing was found. */
  readonly top: readonly RecordedAnswer[];
  /** PNG of the part that the model sees, in base64; absent where no page shows images. */
  readonly thumbnail?: string;
  /** Names under which features are compared between inputs: words, columns, windows; absent for images. */
  readonly features?: readonly string[];
  /** Numbers that the features stand for, null where they are none; absent where no feature is a number. */
  readonly amounts?: readonly (number | null)[];
  /** Without the methods that had nothing to explain. */
  readonly methods: Readonly<Record<string, MethodRecord>>;
}

/** A class of the whole input, or a prediction at a place in it. */
export interface RecordedAnswer {
  readonly label: string;
  readonly probability?: number;
  readonly score: number;
  /** `[x0, y0, x1, y1]` as shares of the width and height of the thumbnail. */
  readonly box?: readonly [number, number, number, number];
  /** Radians by which the box is turned. */
  readonly angle?: number;
  /** `[x, y, score]`, x and y as shares of the width and height of the thumbnail. */
  readonly keypoints?: readonly (readonly [number, number, number])[];
  /** Instance or class over the thumbnail, at up to twice its size. */
  readonly mask?: CodedMask;
}

/** Version of records: those of another version have other answers, and are not mixed with them. */
export const RECORD_VERSION = 2;

export interface MethodRecord {
  /** Class or margin that is explained. */
  readonly target: string;
  /** Number of the explained answer among those at places. */
  readonly prediction?: number;
  readonly score: number;
  readonly map?: PackedMap;
  readonly mass?: Mass;
  /** One for each of the features of the input. */
  readonly values?: readonly number[];
  /** SVG of an input that is no image. */
  readonly drawing?: string;
  readonly sparseness: number;
  readonly warnings: readonly string[];
  /** By metric; null where the metric says nothing of this input. */
  readonly metrics: Readonly<Record<string, number | null>>;
  readonly curves: Readonly<Record<string, { readonly x: readonly number[]; readonly y: readonly number[] }>>;
}

/** Shares of the positive values; 0 everywhere when there are none. */
export interface Mass {
  /** The middle quarter of the area. */
  readonly centre: number;
  /** The outermost eighth on each side. */
  readonly border: number;
  /** Not on the object; only where somebody said where that is. */
  readonly outside?: number;
}

/** Shares of the positive values of a map in the centre, in the border and outside of a region. */
export function massOf(values: Float32Array, [height, width]: readonly [number, number], region?: Region): Mass {
  let [all, centre, border, outside] = [0, 0, 0, 0];
  for (const [i, value] of values.entries()) {
    if (value <= 0) continue;
    all += value;
    const [x, y] = [((i % width) + 0.5) / width, (Math.floor(i / width) + 0.5) / height];
    const distance = Math.min(x, y, 1 - x, 1 - y);
    if (distance > 1 / 4) centre += value;
    if (distance < 1 / 8) border += value;
    if (region?.inside[i] === 0) outside += value;
  }
  const share = (part: number): number => (all > 0 ? round(part / all) : 0);
  return { centre: share(centre), border: share(border), ...(region && { outside: share(outside) }) };
}

const SIDE = 96;

/** Width and height of a thumbnail, which shows the part that the model sees, in pixels. */
export function thumbnailSize(placement: Pick<Placement, 'width' | 'height'>): [width: number, height: number] {
  const scale = Math.min(1, SIDE / Math.max(placement.width, placement.height));
  return [Math.max(1, Math.round(placement.width * scale)), Math.max(1, Math.round(placement.height * scale))];
}

/** The part of an image that the model sees, at most 96 pixels a side; black beyond the image. */
export function thumbnail(image: Image, placement: Placement): Image {
  const [width, height] = thumbnailSize(placement);
  const data = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const color = meanColor(
        image,
        placement.x + (x * placement.width) / width,
        placement.y + (y * placement.height) / height,
        placement.width / width,
        placement.height / height,
      );
      data.set(color, (y * width + x) * 4);
    }
  }
  return { width, height, data };
}

/** Mean over the pixels of a rectangle, at least one; alpha becomes opaque over white. */
function meanColor({ width, height, data }: Image, left: number, top: number, across: number, down: number): number[] {
  const sums = [0, 0, 0];
  let count = 0;
  const [firstX, firstY] = [Math.floor(left + 1e-6), Math.floor(top + 1e-6)];
  for (let y = firstY; y < Math.max(firstY + 1, Math.floor(top + down + 1e-6)); y++) {
    for (let x = firstX; x < Math.max(firstX + 1, Math.floor(left + across + 1e-6)); x++) {
      count++;
      if (x < 0 || y < 0 || x >= width || y >= height) continue;
      const at = (y * width + x) * 4;
      const alpha = (data[at + 3] as number) / 255;
      for (let c = 0; c < 3; c++) sums[c] = (sums[c] as number) + alpha * (data[at + c] as number) + 255 * (1 - alpha);
    }
  }
  return [...sums.map((sum) => Math.round(sum / count)), 255];
}

/** Six digits: more is noise in the file. */
export const round = (value: number): number => Number(value.toPrecision(6));
