/** An image as a model gets it. */
import type { Image } from '../core/image/image.ts';
import { type Preprocessing, preprocess } from '../core/image/preprocess.ts';

export interface Seen {
  /** At the size of the model's input, in grey for a model of one channel. */
  readonly image: Image;
  /** Least and largest value of the tensor. */
  readonly low: number;
  readonly high: number;
}

/** Prepares an image, and turns the tensor back into pixels. */
export function seenBy(image: Image, settings: Preprocessing): Seen {
  const { tensor } = preprocess(image, settings);
  const [height, width] = settings.size;
  const { color, layout, scale } = settings;
  const channels = color === 'gray' ? 1 : 3;
  const [mean, std] = [settings.mean, settings.std].map((value) => [value].flat());
  const at = (pixel: number, channel: number): number => {
    const value = tensor.data[
      layout === 'NHWC' ? pixel * channels + channel : channel * width * height + pixel
    ] as number;
    return (value * (std?.[channel] ?? std?.[0] ?? 1) + (mean?.[channel] ?? mean?.[0] ?? 0)) / scale;
  };
  // Channels of the tensor that are red, green and blue.
  const order = color === 'gray' ? [0, 0, 0] : color === 'BGR' ? [2, 1, 0] : [0, 1, 2];
  const data = new Uint8Array(width * height * 4);
  for (let pixel = 0; pixel < width * height; pixel++) {
    data.set([...order.map((channel) => Math.round(at(pixel, channel))), 255], pixel * 4);
  }
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of tensor.data) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return { image: { width, height, data }, low, high };
}
