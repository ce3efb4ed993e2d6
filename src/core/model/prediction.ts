/** Prediction of the model for one row. */
import { largestPositions } from '../tensor/sort.ts';
import type { BoundInfo } from './model.ts';
import type { Dense, ScoreSpace } from './score-space.ts';
import { outputTarget } from './target.ts';

export interface Classified {
  /** The class; with a label offset, the labels' index rather than the output's. */
  readonly index: number;
  readonly label?: string;
  /** The element of the scores, usually the logit. */
  readonly score: number;
  /** Number from 0 to 1; left out where scores cannot be read as probabilities. */
  readonly probability?: number;
}

/** The `count` classes with the highest scores, best first; of a dense output, each where it scores highest. */
export function topClasses(row: Float32Array, space: ScoreSpace, info: BoundInfo, count: number): Classified[] {
  const { dense } = space;
  const { probability: how } = info;
  const probabilities = how && !dense ? probabilitiesOf(row, how) : undefined;
  const probabilityOf = (element: number): number | undefined => {
    if (!how || !dense) return probabilities?.[element];
    const { output, position } = dense.place(element);
    const there = Float32Array.from(
      { length: dense.classes },
      (_, other) => row[dense.element(other, position)] as number,
    );
    return probabilitiesOf(there, how)[output];
  };
  const best = dense
    ? peaks(row, dense)
        .sort((a, b) => (row[b] as number) - (row[a] as number) || a - b)
        .slice(0, count)
    : largestPositions(row, count);
  return best.map((element) => {
    const { index, label } = outputTarget(element, space);
    const probability = probabilityOf(element);
    return {
      index: index as number,
      ...(label !== undefined && { label }),
      score: row[element] as number,
      ...(probability !== undefined && { probability }),
    };
  });
}

/** The element with the highest score of each class. */
function peaks(row: Float32Array, { classes, positions, element }: Dense): number[] {
  return Array.from({ length: classes }, (_, output) => {
    let best = element(output, 0);
    for (let position = 1; position < positions; position++) {
      const other = element(output, position);
      if ((row[other] as number) > (row[best] as number)) best = other;
    }
    return best;
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
  if (how === 'exponential') return Float64Array.from(row, Math.exp);
  if (how === 'sigmoid') return Float64Array.from(row, (score) => 1 / (1 + Math.exp(-score)));
  const highest = row[argmax(row)] as number;
  const exponentials = Float64Array.from(row, (score) => Math.exp(score - highest));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((value) => value / sum);
}
