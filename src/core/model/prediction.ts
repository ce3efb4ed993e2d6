/** What the model says about one row, besides being explained. */
import type { BoundInfo } from './model.ts';
import { outputTarget, type ScoreSpace } from './target.ts';

export interface Classified {
  /** The class; with a label offset, the labels' index rather than the output's. */
  readonly index: number;
  readonly label?: string;
  /** The element of the scores, usually the logit. */
  readonly score: number;
  /** Where scores can be read as probabilities. */
  readonly probability?: number;
}

/** The `count` classes with the highest scores, best first. */
export function topClasses(row: Float32Array, space: ScoreSpace, info: BoundInfo, count: number): Classified[] {
  const probabilities = info.probability && probabilitiesOf(row, info.probability);
  return [...row.keys()]
    .sort((a, b) => (row[b] as number) - (row[a] as number) || a - b)
    .slice(0, count)
    .map((output) => {
      const { index, label } = outputTarget(output, space);
      return {
        index: index as number,
        ...(label !== undefined && { label }),
        score: row[output] as number,
        ...(probabilities && { probability: probabilities[output] as number }),
      };
    });
}

/** Index of the largest element; the first of equals. */
export function argmax(row: Float32Array): number {
  let best = 0;
  for (let i = 1; i < row.length; i++) if ((row[i] as number) > (row[best] as number)) best = i;
  return best;
}

/** The scores of one row as probabilities. */
export function probabilitiesOf(
  row: Float32Array,
  how: NonNullable<BoundInfo['probability']>,
): Float32Array | Float64Array {
  if (how === 'given') return row;
  if (how === 'sigmoid') return Float64Array.from(row, (score) => 1 / (1 + Math.exp(-score)));
  const highest = row[argmax(row)] as number;
  const exponentials = Float64Array.from(row, (score) => Math.exp(score - highest));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((value) => value / sum);
}
