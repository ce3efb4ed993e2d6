/** Two classes by one score: the score of class 1, through a sigmoid; class 0 is its complement. */
import type { Prediction, TargetChoice, TaskTarget } from '../../core/task/task.ts';
import { checkedClass, classNamed, numbered } from '../named-class.ts';
import type { Scores } from '../scores.ts';

/** One score and two names. */
export const isBinary = ({ classes, names, positions }: Scores): boolean =>
  classes === 1 && positions === 1 && names?.length === 2;

/** Both classes, the likelier first. Scores of class 0 are those of class 1 turned round. */
export function binaryPredictions(scores: Scores): Prediction[] {
  const value = scores.data[scores.element(0, 0)] as number;
  const probability = scores.probability(0, 0);
  const given = probability === value;
  const both = [
    { class: 1, score: value, probability },
    {
      class: 0,
      score: given ? 1 - value : -value,
      probability: probability === undefined ? undefined : 1 - probability,
    },
  ];
  return both
    .map(
      ({ probability: p, ...rest }): Prediction => ({
        label: scores.names?.[rest.class],
        ...rest,
        ...(p !== undefined && { probability: p }),
      }),
    )
    .sort((a, b) => b.score - a.score);
}

/** The score of a class: its weight is -1 for class 0. */
export function binaryTarget(
  choice: Exclude<TargetChoice, { point: unknown } | { box: unknown }>,
  scores: Scores,
): TaskTarget {
  const two = { ...scores, classes: 2 };
  const klass =
    'prediction' in choice
      ? (numbered(binaryPredictions(scores), choice.prediction).class as number)
      : 'class' in choice
        ? checkedClass(choice.class, two)
        : classNamed(choice.label, two);
  const weights = [{ index: scores.element(0, 0), weight: klass === 1 ? 1 : -1 }];
  return { output: scores.output, weights, class: klass, label: scores.names?.[klass] };
}
