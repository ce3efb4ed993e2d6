/** From what a client asks to be explained to a weighting of the model's scores. */
import { WhylightError } from '../errors.ts';
import type { Target, TensorInfo } from '../method/contract.ts';
import type { Labels } from './labels.ts';

/**
 * A class index; or a text: a label, an index, a margin `a - b`, several classes `a + b`, `sum` for all of them; or any
 * weighting of the elements of the scores.
 */
export type TargetRequest = number | string | { readonly weights: Target['weights'] };

/** What targets are looked up in. */
export interface ScoreSpace {
  readonly scores: TensorInfo;
  readonly labels?: Labels;
  /** Elements of one row of the scores. */
  readonly size: number;
}

/**
 * @throws WhylightError `label_not_found` with the nearest names, or with the range for an index outside of it.
 */
export function resolveTarget(request: TargetRequest, space: ScoreSpace): Target {
  if (typeof request === 'number') return classTarget(request, space);
  if (typeof request === 'object') return weightedTarget(request.weights, space);
  const whole = oneClass(request, space);
  if (whole !== undefined) return classTarget(whole, space);
  if (request.trim().toLowerCase() === 'sum') {
    return { label: 'sum', weights: Array.from({ length: space.size }, (_, index) => ({ index, weight: 1 })) };
  }
  const terms = request.split(/\s([+-])\s/);
  if (terms.length === 1) throw unknownLabel(request, space);
  const weights = new Map<number, number>();
  for (let i = 0; i < terms.length; i += 2) {
    const term = terms[i] as string;
    const index = oneClass(term, space);
    if (index === undefined) throw unknownLabel(term, space);
    const output = classTarget(index, space).weights[0]?.index as number;
    weights.set(output, (weights.get(output) ?? 0) + (terms[i - 1] === '-' ? -1 : 1));
  }
  return { label: request, weights: [...weights].map(([index, weight]) => ({ index, weight })) };
}

/** The target of one element of the scores. */
export function outputTarget(output: number, { labels }: ScoreSpace): Target {
  const label = labels?.at(output);
  return {
    index: output - (labels?.offset ?? 0),
    ...(label !== undefined && { label }),
    weights: [{ index: output, weight: 1 }],
  };
}

/** The score of a target in one row of scores. */
export const scoreOf = ({ weights }: Target, row: ArrayLike<number>): number =>
  weights.reduce((sum, { index, weight }) => sum + weight * (row[index] as number), 0);

function oneClass(text: string, { labels }: ScoreSpace): number | undefined {
  return labels?.find(text) ?? (/^-?\d+$/.test(text.trim()) ? Number(text) : undefined);
}

function classTarget(index: number, space: ScoreSpace): Target {
  const offset = space.labels?.offset ?? 0;
  if (!Number.isInteger(index) || index + offset < 0 || index + offset >= space.size) {
    throw new WhylightError(
      'label_not_found',
      `There is no class ${index}: the model has the classes ${-offset} to ${space.size - offset - 1}.`,
      { target: index, minimum: -offset, maximum: space.size - offset - 1 },
    );
  }
  return outputTarget(index + offset, space);
}

function weightedTarget(weights: Target['weights'], { size }: ScoreSpace): Target {
  const wrong = weights.find(
    ({ index, weight }) => !(Number.isInteger(index) && index >= 0 && index < size && Number.isFinite(weight)),
  );
  if (weights.length === 0 || wrong) {
    throw new WhylightError(
      'label_not_found',
      weights.length === 0
        ? 'The target has no weights: name at least one element of the scores.'
        : `The scores have elements 0 to ${size - 1}, each with a finite weight: ${JSON.stringify(wrong)} is none of them.`,
      { minimum: 0, maximum: size - 1 },
    );
  }
  return { weights };
}

function unknownLabel(label: string, { labels, size }: ScoreSpace): WhylightError {
  const close = labels?.nearest(label) ?? [];
  const offset = labels?.offset ?? 0;
  const hint = !labels
    ? `The model comes without class names: give an index from 0 to ${size - 1}.`
    : close.length > 0
      ? `Did you mean ${close.map((name) => `"${name}"`).join(' or ')}?`
      : `Give one of its names, or an index from ${-offset} to ${size - offset - 1}.`;
  return new WhylightError('label_not_found', `The model has no class named "${label}". ${hint}`, {
    label,
    nearest: close,
  });
}
