/** Confidence of classifiers. */

/**
 * Probability below which the best class of a classifier is called unsure, wherever a prediction is shown: it is then
 * more likely wrong than right, if the model is calibrated.
 */
export const SURE = 0.5;
