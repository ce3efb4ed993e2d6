/** Regression: one number or several, each named where the labels name them. */

import type { Prediction } from '../../core/task/task.ts';
import { chosenClass, classTarget } from '../classification/class-target.ts';
import { defineTask } from '../define-task.ts';
import { classExtent, positionExtents } from '../evidence.ts';
import { targetNotFound } from '../named-class.ts';
import { scoresOf } from '../scores.ts';

export default defineTask({
  id: 'regression',
  title: 'Regression',
  summary: 'One number or several, each a value of its own.',
  evidence({ explained }) {
    if (positionExtents(explained).length > 0) return undefined;
    return explained.activation.value === 'none' && classExtent(explained) === 1 ? 0.7 : 0;
  },
  read(outputs, { description }) {
    const scores = scoresOf(outputs, description.explained);
    return Array.from({ length: scores.classes }, (_, value): Prediction => {
      const label = scores.names?.[value];
      return {
        ...(label !== undefined && { label }),
        ...(scores.classes > 1 && { class: value }),
        score: scores.data[scores.element(value, 0)] as number,
      };
    });
  },
  target(choice, outputs, { description }) {
    const scores = scoresOf(outputs, description.explained);
    if ('point' in choice || 'box' in choice)
      throw targetNotFound('The values have no positions: choose one by its number or name.');
    const value = 'prediction' in choice ? { class: choice.prediction } : choice;
    return classTarget(
      scores,
      chosenClass(value, scores, () => []),
    );
  },
});
