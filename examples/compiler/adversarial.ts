import type { Derivative, Image } from './derivative.ts';

/** Fast gradient sign method: one step of `epsilon` that lowers the score (Goodfellow 2015). */
export async function fgsm(derivative: Derivative, image: Image, score: number, epsilon: number): Promise<Image> {
  const { gradient } = await derivative(image, score);
  return image.map((value, i) => value - epsilon * Math.sign(gradient[i] ?? 0));
}

/** Projected gradient descent: small steps, each held within `epsilon` of the image (Madry 2018). */
export async function pgd(
  derivative: Derivative,
  image: Image,
  score: number,
  epsilon: number,
  steps = 10,
): Promise<Image> {
  let current = image;
  for (let step = 0; step < steps; step++) {
    const moved = await fgsm(derivative, current, score, (2.5 * epsilon) / steps);
    current = moved.map((value, i) => {
      const origin = image[i] ?? 0;
      return Math.min(origin + epsilon, Math.max(origin - epsilon, value));
    });
  }
  return current;
}
