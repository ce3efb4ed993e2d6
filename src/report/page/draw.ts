/** Drawings of images and of mean images, with maps in the colours and by the code of the product. */
import { withPlaces } from '../../core/explainer/draw-predictions.ts';
import { drawOverlay } from '../../core/image/draw-overlay.ts';
import type { Image as PixelImage } from '../../core/image/image.ts';
import type { SaliencyMap } from '../../core/image/placement.ts';
import type { Finding } from '../findings.ts';
import { type PackedMap, unpackMap } from '../packed-map.ts';
import type { PageMap, PageRecord } from '../page-data.ts';
import type { Drawing } from './paint.ts';

/** Red speaks for the class, blue against it. */
const OVERLAY = {
  type: 'heatmap',
  polarity: 'both',
  overlay: 'original',
  clip_percent_upperbound: 99.9,
  clip_percent_lowerbound: 0,
} as const;

/** Width of lines in pixels of a canvas, of which two are one pixel of the screen. */
const LINE = 3;

/** Images whose mean is taken, at most. */
const MAX_MEAN = 64;

const bitmaps = new Map<PageRecord, Promise<HTMLImageElement>>();

/** Decodes a thumbnail when it is first drawn. */
function bitmapOf(record: PageRecord): Promise<HTMLImageElement> {
  const known = bitmaps.get(record);
  if (known) return known;
  const image = new Image();
  image.src = `data:image/png;base64,${record.thumbnail}`;
  const decoded = image.decode().then(() => image);
  bitmaps.set(record, decoded);
  return decoded;
}

/** The map's values as shares of the largest absolute one. */
export function mapOf(packed: PackedMap | undefined): SaliencyMap | undefined {
  if (!packed) return undefined;
  const { width, height } = packed;
  return { width, height, values: Float32Array.from(unpackMap(packed), (value) => value / 127) };
}

/** Draws one image, a map over it, and the masks, boxes and key points of its answers. */
export function imageDrawing(record: PageRecord, method: PageMap | undefined, opacity: number): Drawing {
  return async (context) => {
    const image = await bitmapOf(record);
    const map = mapOf(method?.map);
    drawSharp(context, image);
    if (map) overlay(context, map, opacity);
    outline(context, record.top, method?.prediction);
  };
}

/** Draws the places of answers by the code of the product; that of the explained one in its own colour. */
function outline(context: CanvasRenderingContext2D, top: PageRecord['top'], prediction?: number): void {
  const { width, height } = context.canvas;
  const predictions = top.map(({ box, keypoints, ...rest }) => ({
    ...rest,
    ...(box && { box: box.map((at, i) => at * (i % 2 === 0 ? width : height)) as unknown as typeof box }),
    ...(keypoints && { keypoints: keypoints.map(([x, y, score]) => [x * width, y * height, score] as const) }),
  }));
  const placed = { predictions, ...(prediction !== undefined && { prediction }), image: { width, height } };
  repaint(context, (image) => withPlaces(image, placed, { width: LINE }));
}

/** Draws the mean of some images, a map over it, and a frame around a spot. */
export function meanDrawing(
  members: readonly PageRecord[],
  map: SaliencyMap | undefined,
  opacity: number,
  spot?: Finding['spot'],
): Drawing {
  return async (context) => {
    drawSharp(context, await meanImage(members.slice(0, MAX_MEAN)));
    if (map) overlay(context, map, opacity);
    if (spot) frame(context, spot);
  };
}

/** Mean of the positive parts of some maps, each adding up to 1; as shares of the largest value. */
export function meanMap(members: readonly PageRecord[], method: string): SaliencyMap | undefined {
  const maps = members.flatMap((record) => mapOf(record.methods[method]?.map) ?? []);
  const [first] = maps;
  if (!first) return undefined;
  const { width, height } = first;
  const sums = new Float32Array(width * height);
  for (const { values, ...size } of maps) {
    const total = values.reduce((sum, value) => sum + Math.max(0, value), 0);
    if (total === 0 || size.width !== width || size.height !== height) continue;
    for (const [i, value] of values.entries()) sums[i] = (sums[i] as number) + Math.max(0, value) / total;
  }
  const largest = sums.reduce((max, value) => Math.max(max, value), 0) || 1;
  return { width, height, values: sums.map((value) => value / largest) };
}

async function meanImage(members: readonly PageRecord[]): Promise<HTMLCanvasElement> {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = members[0]?.size ?? [1, 1];
  const { width, height } = canvas;
  const context = canvas.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D;
  const sums = new Float64Array(width * height * 4);
  for (const record of members) {
    context.drawImage(await bitmapOf(record), 0, 0, width, height);
    const { data } = context.getImageData(0, 0, width, height);
    for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] as number) + (data[i] as number);
  }
  const mean = context.createImageData(width, height);
  for (let i = 0; i < sums.length; i++) mean.data[i] = (sums[i] as number) / members.length;
  context.putImageData(mean, 0, 0);
  return canvas;
}

/** Pixels of small images stay squares. */
function drawSharp(context: CanvasRenderingContext2D, image: CanvasImageSource): void {
  context.imageSmoothingEnabled = false;
  context.drawImage(image, 0, 0, context.canvas.width, context.canvas.height);
}

function overlay(context: CanvasRenderingContext2D, map: SaliencyMap, opacity: number): void {
  repaint(context, (image) => drawOverlay(map, image, { ...OVERLAY, opacity }));
}

/** Replaces what is drawn. */
function repaint(context: CanvasRenderingContext2D, draw: (image: PixelImage) => PixelImage): void {
  const { width, height } = context.canvas;
  const pixels = context.getImageData(0, 0, width, height);
  pixels.data.set(draw({ width, height, data: new Uint8Array(pixels.data.buffer) }).data);
  context.putImageData(pixels, 0, 0);
}

function frame(context: CanvasRenderingContext2D, { x, y, width, height }: Finding['spot']): void {
  const { canvas } = context;
  for (const [color, line] of [
    ['#fff', 5],
    ['#000', 2],
  ] as const) {
    context.strokeStyle = color;
    context.lineWidth = line;
    context.strokeRect(
      x * canvas.width + 3,
      y * canvas.height + 3,
      width * canvas.width - 6,
      height * canvas.height - 6,
    );
  }
}
