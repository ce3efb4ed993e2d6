/** Predictions and targets of single classes without positions. */
import type { Prediction, TargetChoice, TaskTarget } from '../../core/task/task.ts';
import { checkedClass, classNamed, numbered } from '../named-class.ts';
import type { Scores } from '../scores.ts';

/** A class with its score. */
export function classPrediction(scores: Scores, klass: number): Prediction {
  const probability = scores.probability(klass, 0);
  const label = scores.names?.[klass];
  return {
    ...(label !== undefined && { label }),
    class: klass,
    score: scores.data[scores.element(klass, 0)] as number,
    ...(probability !== undefined && { probability }),
  };
}

/** The class that a choice means. `predictions` are asked for where the choice is a number of one. */
export function chosenClass(
  choice: Exclude<TargetChoice, { point: unknown } | { box: unknown }>,
  scores: Scores,
  predictions: () => readonly Prediction[],
): number {
  if ('prediction' in choice) return numbered(predictions(), choice.prediction).class ?? 0;
  return 'class' in choice ? checkedClass(choice.class, scores) : classNamed(choice.label, scores);
}

/** The score of a class. */
export function classTarget(scores: Scores, klass: number): TaskTarget {
  const label = scores.names?.[klass];
  return {
    output: scores.output,
    weights: [{ index: scores.element(klass, 0), weight: 1 }],
    class: klass,
    ...(label !== undefined && { label }),
  };
}
