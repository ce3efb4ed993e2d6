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
  const probabilityOf = probabilitiesByElement(row, space, info);
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

/** Returns the probability of an element among the classes at its position, where scores can be read as probabilities. */
function probabilitiesByElement(
  row: Float32Array,
  { dense }: ScoreSpace,
  { probability: how }: BoundInfo,
): (element: number) => number | undefined {
  if (!how) return () => undefined;
  if (!dense) {
    const probabilities = probabilitiesOf(row, how);
    return (element) => probabilities[element];
  }
  const known = new Map<number, ArrayLike<number>>();
  return (element) => {
    const { output, position } = dense.place(element);
    const there = known.get(position) ?? probabilitiesOf(scoresAt(row, dense, position), how);
    known.set(position, there);
    return there[output];
  };
}

/** Scores of all classes at a position. */
function scoresAt(row: Float32Array, { classes, element }: Dense, position: number): Float32Array {
  const scores = new Float32Array(classes);
  for (let output = 0; output < classes; output++) scores[output] = row[element(output, position)] as number;
  return scores;
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
  // Plain loops: `from` with a function takes ten times as long, and each answer does this.
  const probabilities = new Float64Array(row.length);
  if (how === 'sigmoid') {
    for (let i = 0; i < row.length; i++) probabilities[i] = 1 / (1 + Math.exp(-(row[i] as number)));
    return probabilities;
  }
  const highest = how === 'exponential' ? 0 : (row[argmax(row)] as number);
  let sum = 0;
  for (let i = 0; i < row.length; i++) {
    const exponential = Math.exp((row[i] as number) - highest);
    probabilities[i] = exponential;
    sum += exponential;
  }
  if (how === 'exponential') return probabilities;
  for (let i = 0; i < row.length; i++) probabilities[i] = (probabilities[i] as number) / sum;
  return probabilities;
}
