/** Multi-label classification: any number of classes for each input, each by a probability of its own. */

import { isIndependent } from '../../core/model/description.ts';
import type { Prediction } from '../../core/task/task.ts';
import { largestPositions } from '../../core/tensor/sort.ts';
import { defineTask } from '../define-task.ts';
import { classExtent, positionExtents } from '../evidence.ts';
import { targetNotFound } from '../named-class.ts';
import { scoresOf } from '../scores.ts';
import { chosenClass, classPrediction, classTarget } from './class-target.ts';

/** Probability from which on a class holds. */
const DEFAULT_THRESHOLD = 0.5;

export default defineTask({
  id: 'multi_label',
  title: 'Multi-label classification',
  summary: 'Any number of classes, each with a probability of its own.',
  evidence({ explained }) {
    const dense = positionExtents(explained).length > 0 || typeof explained.classAxis?.value !== 'number';
    if (dense || classExtent(explained) === 1) return undefined;
    // A classifier that chooses one of its classes may give them by sigmoids that add up to 1.
    return isIndependent(explained.activation.value) && explained.task.value !== 'classification' ? 0.7 : 0;
  },
  read(outputs, { description, threshold = DEFAULT_THRESHOLD, top = Number.POSITIVE_INFINITY }) {
    const scores = scoresOf(outputs, description.explained);
    const all = Array.from({ length: scores.classes }, (_, klass): Prediction => classPrediction(scores, klass));
    const holds = ({ score, probability = 1 / (1 + Math.exp(-score)) }: Prediction) => probability >= threshold;
    const values = all.map(({ score }) => score);
    return largestPositions(values, values.length)
      .map((klass) => all[klass] as Prediction)
      .filter(holds)
      .slice(0, top);
  },
  target(choice, outputs, context) {
    const scores = scoresOf(outputs, context.description.explained);
    if ('point' in choice || 'box' in choice) throw targetNotFound('The classes have no positions: choose a class.');
    return classTarget(
      scores,
      chosenClass(choice, scores, () => this.read(outputs, context)),
    );
  },
});
