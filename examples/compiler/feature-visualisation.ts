import type { Derivative, Image } from './derivative.ts';

/** Gradient ascent on the input: an image that the model scores highly (Erhan 2009). */
export async function visualise(derivative: Derivative, start: Image, score: number, steps = 20): Promise<Image> {
  let image = start;
  for (let step = 0; step < steps; step++) {
    const { gradient } = await derivative(image, score);
    const length = Math.hypot(...gradient) || 1;
    image = image.map((value, i) => value + (gradient[i] ?? 0) / length);
  }
  return image;
}
