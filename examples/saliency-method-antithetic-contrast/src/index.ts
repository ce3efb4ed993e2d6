import { definePerturbation } from 'whylight/plugin';

/**
 * Rise of the score with a place over that without it, over random masks. Each mask comes with its opposite, so
 * what both have in common cancels: less noise than as many independent masks.
 */
export default definePerturbation({
  id: 'antithetic_contrast',
  revision: 1,
  about: {
    title: 'Antithetic Contrast',
    summary: 'How much higher the score is with a place than without it, over random masks and their opposites.',
    properties: { signed: true, complete: false, deterministic: false, classDiscriminative: true },
  },
  samples: 100,
  mask(weights, { index, random }) {
    const keeps = random.at(index >> 1).uniform(weights.length);
    const opposite = index % 2 === 1;
    for (const [place, draw] of keeps.entries()) weights[place] = draw < 0.5 === opposite ? 0 : 1;
  },
  fold(values, { weights, score }, { n_samples }) {
    for (const [place, value] of values.entries()) {
      values[place] = value + ((weights[place] === 1 ? 2 : -2) * score) / n_samples;
    }
  },
});
