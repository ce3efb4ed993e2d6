/** Predictions as lines of a terminal. */
import type { Prediction } from '../core/task/task.ts';

/** Lines at most: detectors may find hundreds. */
const MAX_LINES = 20;

/** A line for each prediction: number, name, probability or score, and place. */
export function listPredictions(predictions: readonly (Prediction & { readonly word?: string })[]): string[] {
  const width = Math.max(...predictions.map((prediction) => nameOf(prediction).length), 12);
  const shown = predictions.slice(0, MAX_LINES);
  const digits = `${shown.length}`.length;
  const lines = shown.map((prediction, i) => {
    const { score, probability, box, position, word } = prediction;
    const share = probability === undefined ? '' : ` ${(100 * probability).toFixed(1).padStart(6)} %`;
    const place = box
      ? `  box:${i} [${box.map(Math.round).join(', ')}]`
      : position === undefined
        ? ''
        : `  position ${[position].flat().join(', ')}${word === undefined ? '' : `, "${word}"`}`;
    return `  ${`${i + 1}`.padStart(digits)}  ${nameOf(prediction).padEnd(width)}${share}  score ${score.toFixed(3)}${place}`;
  });
  const more = predictions.length - lines.length;
  return more > 0 ? [...lines, `  and ${more} more`] : lines;
}

/** Name of a class, or its number where it has none. */
export const nameOf = ({ label, class: index }: Pick<Prediction, 'label' | 'class'>): string =>
  label ?? (index === undefined ? 'the target' : `class ${index}`);
