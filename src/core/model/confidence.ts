/** Confidence of classifiers. */

/** Probability below which the best class of a classifier is called unsure, wherever a prediction is shown. */
export const SURE = 0.3;
