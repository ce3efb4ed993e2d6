import type { Derivative, Image } from './derivative.ts';

/** Noise of a camera as a standard deviation of the score: the score moves by gradient times noise (first order). */
export async function scoreNoise(derivative: Derivative, image: Image, score: number, noise: number): Promise<number> {
  const { gradient } = await derivative(image, score);
  return noise * Math.hypot(...gradient);
}
