/** Confidence of classifiers, and its words. */

/**
 * Probability below which the best class of a classifier is called unsure, wherever a prediction is shown: it is then
 * more likely wrong than right, if the model is calibrated.
 */
export const SURE = 0.5;

/**
 * Probability as text, to a tenth of a percent.
 *
 * @example
 * percent(0.2013); // '20.1 %'
 * percent(0.0002); // '< 0.1 %'
 */
export const percent = (probability: number): string =>
  probability > 0 && probability < 0.001 ? '< 0.1 %' : `${(probability * 100).toFixed(1)} %`;

/**
 * Sentence for a classifier whose best class has a low probability; undefined for others, and without a probability.
 *
 * @example
 * doubtAbout(0.2013); // 'Not sure: the best guess has 20.1 %.'
 */
export const doubtAbout = (probability: number | undefined): string | undefined =>
  probability !== undefined && probability < SURE ? `Not sure: the best guess has ${percent(probability)}.` : undefined;
