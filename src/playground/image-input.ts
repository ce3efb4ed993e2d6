/** An image that somebody brought: what is sent of it, and what is drawn. */
import type { Image } from '../core/image/image.ts';
import { Failure } from './failure.ts';

export interface ImageInput {
  /** Body of the request: the original file, where the server can read it. */
  readonly blob: Blob;
  /** Empty: its content tells what it is. */
  readonly extension: '';
  readonly kind: 'image';
  readonly text?: never;
  /** Upright, at most {@link DRAWN} pixels long: what maps are drawn over. */
  readonly image: Image;
  /** Width of what is sent, in pixels: places in answers are pixels of that. */
  readonly sentWidth: number;
  readonly name: string;
  /** Says which of the samples it is; others are nowhere but in this page. */
  readonly sample?: string;
  /** Sentence about changes made before sending. */
  readonly note?: string;
}

export const SAMPLES = ['tabby', 'dogs', 'coffee', 'bird-on-rail', 'rocket', 'cat'] as const;

/** Longer side of what is drawn. */
const DRAWN = 1024;
/** The server refuses larger ones; models see much less. */
const SENT_PIXELS = 3_500_000;
const SENT_BYTES = 8 * 2 ** 20;
const SENT_TYPES = ['image/jpeg', 'image/png', 'image/webp'];

/** @throws Failure when the browser cannot read it as an image */
export async function openImage(file: Blob, name: string, sample?: string): Promise<ImageInput> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' });
  } catch {
    throw new Failure('invalid_image', `${name} is no image that this browser can read. Try a JPEG, PNG or WebP file.`);
  }
  const scale = Math.min(1, Math.sqrt(SENT_PIXELS / (bitmap.width * bitmap.height)));
  const large = scale < 1 || file.size > SENT_BYTES;
  const foreign = !SENT_TYPES.includes(file.type);
  const blob = large || foreign ? await encode(paint(bitmap, scale), large ? 'image/jpeg' : 'image/png') : file;
  const drawn = paint(bitmap, Math.min(1, DRAWN / Math.max(bitmap.width, bitmap.height)));
  const note = large
    ? `Made smaller for sending: ${Math.round(bitmap.width * scale)} × ${Math.round(bitmap.height * scale)} pixels.`
    : foreign
      ? 'Sent as PNG, since the server does not read this kind of file.'
      : undefined;
  const sentWidth = large ? Math.round(bitmap.width * scale) : bitmap.width;
  bitmap.close();
  return {
    blob,
    extension: '',
    kind: 'image',
    image: imageOf(drawn),
    sentWidth,
    name,
    ...(sample && { sample }),
    ...(note && { note }),
  };
}

export async function openSample(sample: string): Promise<ImageInput> {
  const response = await fetch(`./playground/samples/${sample}.jpg`);
  if (!response.ok) throw new Failure('not_found', `There is no sample "${sample}".`);
  return openImage(await response.blob(), `${sample}.jpg`, sample);
}

/** An image as a PNG file. */
export const pngOf = (image: Image): Promise<Blob> => encode(canvasOf(image), 'image/png');

export function canvasOf({ width, height, data }: Image): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  context(canvas).putImageData(new ImageData(new Uint8ClampedArray(data), width, height), 0, 0);
  return canvas;
}

/** Shows an image on a canvas, which takes its size; nothing where there is no canvas. */
export function showImage(canvas: HTMLCanvasElement | null, image: Image): void {
  if (!canvas) return;
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext('2d')?.drawImage(canvasOf(image), 0, 0);
}

const paint = (source: ImageBitmap, scale: number): HTMLCanvasElement =>
  painted(source, source.width * scale, source.height * scale);

/** Draws a source at this size, of at least one pixel. */
function painted(source: CanvasImageSource, width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(width));
  canvas.height = Math.max(1, Math.round(height));
  const drawing = context(canvas);
  drawing.imageSmoothingQuality = 'high';
  drawing.drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/** The frame that a video shows, its longer side `side` pixels long. */
export function frameOf(video: HTMLVideoElement, side: number): Image {
  const { videoWidth, videoHeight } = video;
  const scale = Math.min(1, side / Math.max(videoWidth, videoHeight));
  return imageOf(painted(video, videoWidth * scale, videoHeight * scale));
}

function imageOf(canvas: HTMLCanvasElement): Image {
  const { width, height } = canvas;
  const { data } = context(canvas).getImageData(0, 0, width, height);
  return { width, height, data: new Uint8Array(data.buffer) };
}

const context = (canvas: HTMLCanvasElement): CanvasRenderingContext2D =>
  canvas.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D;

function encode(canvas: HTMLCanvasElement, type: string): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Failure('invalid_image', 'The browser cannot write this image.'))),
      type,
      0.95,
    );
  });
}
