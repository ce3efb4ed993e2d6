/** Numbers about the prediction for one row, for conditions such as "explain it where the model is not sure". */
import type { BoundInfo, Model } from './model.ts';
import { probabilitiesOf, topClasses } from './prediction.ts';
import type { ScoreSpace } from './score-space.ts';

export interface PredictionFacts {
  /** Name of the top class, or its index where classes have no names; null where there is one score and no name. */
  readonly label: string | number | null;
  /** Score of the top class, usually the logit. */
  readonly score: number;
  /** Probability of the top class, 0 to 1; null where scores cannot be read as probabilities. */
  readonly probability: number | null;
  /**
   * Distance to the second class, in probability where that is known, else in scores; of a single probability, its
   * distance to that of the opposite. Null where there is one score and no probability.
   */
  readonly margin: number | null;
  /**
   * Entropy of the prediction in nats, 0 (sure) to ln(classes); of independent probabilities, the sum of theirs. Null
   * where scores cannot be read as probabilities, and for dense outputs.
   */
  readonly entropy: number | null;
}

/**
 * States the facts about one row of scores.
 *
 * @example
 * predictionFacts(Float32Array.of(2, 0), space, info); // { label: 'cat', probability: 0.88, margin: 0.76, ... }
 */
export function predictionFacts(row: Float32Array, space: ScoreSpace, info: BoundInfo): PredictionFacts {
  const [first, second] = topClasses(row, space, info, 2);
  const { index = 0, label = null, score = 0, probability = null } = first ?? {};
  return {
    label: label ?? (space.size > 1 ? index : null),
    score,
    probability,
    margin: marginOf({ score, probability }, second),
    entropy: info.probability && (space.dense?.positions ?? 1) === 1 ? entropyOf(row, info.probability) : null,
  };
}

function marginOf(
  { score, probability }: Pick<PredictionFacts, 'score' | 'probability'>,
  second: { readonly score: number; readonly probability?: number } | undefined,
): number | null {
  if (!second) return probability === null ? null : Math.abs(2 * probability - 1);
  return probability !== null && second.probability !== undefined
    ? probability - second.probability
    : score - second.score;
}

type Probability = NonNullable<ReturnType<Model['info']>['probability']>;

function entropyOf(row: Float32Array, how: Probability): number {
  const probabilities = Array.from(probabilitiesOf(row, how));
  const independent = how === 'sigmoid' || probabilities.length === 1;
  const terms = independent ? probabilities.flatMap((p) => [p, 1 - p]) : probabilities;
  return terms.reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0);
}
