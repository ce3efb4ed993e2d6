/** Scores of classes at the tokens of a text. */

import type { ModelDescription } from '../../core/model/description.ts';
import type { Prediction, TaskContext, TaskOutputs, TaskTarget } from '../../core/task/task.ts';
import { classExtent, hasInput, positionExtents } from '../evidence.ts';
import { bestClass, type Scores, scoresOf } from '../scores.ts';

/** Scores over tokens, and which tokens are none of padding. */
export interface TokenScores extends Scores {
  /** Positions that the attention mask leaves, in order. */
  readonly seen: readonly number[];
}

export function tokenScores(outputs: TaskOutputs, { description, attentionMask }: TaskContext): TokenScores {
  const scores = scoresOf(outputs, description.explained);
  const seen = Array.from({ length: scores.positions }, (_, i) => i).filter(
    (i) => Number(attentionMask?.[i] ?? 1) !== 0,
  );
  return { ...scores, seen };
}

/** A class at a token. */
export function tokenPrediction(scores: Scores, klass: number, position: number): Prediction {
  const probability = scores.probability(klass, position);
  const label = scores.names?.[klass];
  return {
    ...(label !== undefined && { label }),
    class: klass,
    score: scores.data[scores.element(klass, position)] as number,
    ...(probability !== undefined && { probability }),
    position,
  };
}

export function tokenTarget(scores: Scores, klass: number, position: number): TaskTarget {
  const label = scores.names?.[klass];
  return {
    output: scores.output,
    weights: [{ index: scores.element(klass, position), weight: 1 }],
    class: klass,
    winner: (data) => bestClass({ ...scores, data }, position),
    ...(label !== undefined && { label }),
  };
}

/** Token, of those that are seen, at which a class scores highest. */
export function bestPosition({ data, element, seen }: TokenScores, klass: number): number {
  return seen.reduce((best, position) =>
    (data[element(klass, position)] as number) > (data[element(klass, best)] as number) ? position : best,
  );
}

/** The best class of each token that is seen. */
export const bestOfEach = (scores: TokenScores): Prediction[] =>
  scores.seen.map((position) => tokenPrediction(scores, bestClass(scores, position), position));

/** Tells if the explained output has classes at positions and the input is a text. */
export function overTokens(description: ModelDescription): boolean {
  const { explained } = description;
  const dense = positionExtents(explained).length === 1 && typeof explained.classAxis?.value === 'number';
  return dense && hasInput(description, 'text') && classExtent(explained) !== 1;
}
