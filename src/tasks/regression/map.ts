/** Maps of values without classes: depth, and images as outputs (super-resolution, denoising). */

import { WhylightError } from '../../core/errors.ts';
import type { OutputFact } from '../../core/model/description.ts';
import type { Task, TaskContext, TaskTarget } from '../../core/task/task.ts';
import { cellsOf, chosenCells } from '../cells.ts';
import { defineTask } from '../define-task.ts';
import { hasInput, positionExtents } from '../evidence.ts';
import { targetNotFound } from '../named-class.ts';
import { scoresOf } from '../scores.ts';
import { viewOf } from '../upright.ts';

/**
 * Evidence, from the shape and the name of an output without classes, that it is such a map.
 * @param ofImage whether the model takes an image
 */
type Recogniser = (output: OutputFact, extents: readonly (number | string)[], ofImage: boolean) => number;

export const defineMap = (id: 'depth' | 'image_to_image', title: string, summary: string, evidence: Recogniser): Task =>
  defineTask({
    id,
    title,
    summary,
    hasPlaces: true,
    evidence(description) {
      const { explained } = description;
      if (typeof explained.classAxis?.value === 'number') return 0;
      const extents = positionExtents(explained);
      return extents.length < 2 ? 0 : evidence(explained, extents, hasInput(description, 'image'));
    },
    read(outputs, { description }) {
      const { data } = scoresOf(outputs, withoutClasses(description.explained));
      return [{ label: 'mean', score: data.reduce((sum, value) => sum + value, 0) / data.length }];
    },
    target(choice, outputs, context) {
      const scores = scoresOf(outputs, withoutClasses(context.description.explained));
      const nothing = 'prediction' in choice && choice.prediction !== 0;
      if (nothing || 'class' in choice || ('label' in choice && choice.label !== 'mean')) {
        throw targetNotFound('The output has no classes: choose a point or a box of the image, or the mean of it all.');
      }
      const indices =
        'point' in choice || 'box' in choice ? elementsAt(choice, scores, context) : [...scores.data.keys()];
      return meanOf(scores.output, indices);
    },
  });

const withoutClasses = (fact: OutputFact): OutputFact => ({ ...fact, classAxis: undefined, labels: undefined });

function elementsAt(
  choice: Parameters<typeof chosenCells>[0],
  scores: ReturnType<typeof scoresOf>,
  context: TaskContext,
): number[] {
  const longer = { extents: scores.extents.filter((extent) => extent > 1) };
  const cells = cellsOf(longer.extents.length > 1 ? longer : scores);
  if (!cells) {
    throw new WhylightError(
      'unprocessable_method',
      `The output [${scores.extents.join(', ')}] has no height and width: choose elements by their weights.`,
    );
  }
  const chosen = chosenCells(choice, cells, viewOf(context));
  return chosen.flatMap(({ row, column }) =>
    Array.from({ length: cells.layers }, (_, layer) => cells.position(layer, row, column)),
  );
}

const meanOf = (output: string, indices: readonly number[]): TaskTarget => ({
  output,
  label: 'mean',
  weights: indices.map((index) => ({ index, weight: 1 / indices.length })),
});
