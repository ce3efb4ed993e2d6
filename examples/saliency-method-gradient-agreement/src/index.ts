import { definePathMethod } from 'whylight/plugin';

/**
 * The mean gradient on the line from a baseline to the input, times the way, times how far the gradients agree in sign:
 * 1 where the score only rises or only falls on the way, 0 where it goes up as often as down.
 */
export default definePathMethod({
  id: 'gradient_agreement',
  revision: 1,
  about: {
    title: 'Gradient Agreement',
    summary: 'What adds to the score all the way from a baseline; elements whose gradient changes its sign count less.',
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
  },
  steps: 16,
  fold(gradients, difference) {
    let sum = 0;
    let signs = 0;
    for (const gradient of gradients) {
      sum += gradient;
      signs += Math.sign(gradient);
    }
    return (sum / gradients.length) * difference * Math.abs(signs / gradients.length);
  },
});
