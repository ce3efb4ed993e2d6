/** Classification: one class for each input, by scores over all classes. */

import { isIndependent } from '../../core/model/description.ts';
import type { Prediction, TaskContext, TaskTarget } from '../../core/task/task.ts';
import { largestPositions } from '../../core/tensor/sort.ts';
import { defineTask } from '../define-task.ts';
import { classExtent, positionExtents } from '../evidence.ts';
import { targetNotFound } from '../named-class.ts';
import { scoresOf } from '../scores.ts';
import { binaryPredictions, binaryTarget, isBinary } from './binary.ts';
import { chosenClass, classPrediction, classTarget } from './class-target.ts';

const DEFAULT_TOP = 5;

export default defineTask({
  id: 'classification',
  title: 'Classification',
  summary: 'One class for each input, with a score for every class.',
  evidence({ explained }) {
    if (positionExtents(explained).length > 0 || typeof explained.classAxis?.value !== 'number') return undefined;
    const { value: activation } = explained.activation;
    if (activation === 'softmax' || activation === 'log_softmax' || activation === 'exp_normalised') return 0.9;
    if (classExtent(explained) === 1) return isIndependent(activation) ? 0.8 : 0.3;
    // Several sigmoids are classes that do not exclude each other.
    if (isIndependent(activation)) return 0.4;
    return explained.labels ? 0.8 : 0.5;
  },
  read(outputs, context) {
    const scores = scoresOf(outputs, context.description.explained);
    if (isBinary(scores)) return binaryPredictions(scores).slice(0, context.top);
    const values = Array.from({ length: scores.classes }, (_, k) => scores.data[scores.element(k, 0)] as number);
    return largestPositions(values, context.top ?? DEFAULT_TOP)
      .map((klass): Prediction => classPrediction(scores, klass))
      .filter(({ score, probability = score }) => context.threshold === undefined || probability >= context.threshold);
  },
  target(choice, outputs, context): TaskTarget {
    const scores = scoresOf(outputs, context.description.explained);
    if ('point' in choice || 'box' in choice) throw targetNotFound('The classes have no positions: choose a class.');
    if (isBinary(scores)) return binaryTarget(choice, scores);
    return classTarget(
      scores,
      chosenClass(choice, scores, () => this.read(outputs, all(context))),
    );
  },
});

/** Numbers of predictions count through all classes, however many are shown. */
const all = (context: TaskContext): TaskContext => ({
  ...context,
  top: Number.POSITIVE_INFINITY,
  threshold: undefined,
});
