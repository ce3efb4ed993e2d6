/** Reading of the boxes of a detector, and the choice of one of them. */
import type { TaskReader } from '../../core/task/task.ts';
import { chooseBox } from './choose.ts';
import { chooseKeypoint, keypointTarget } from './keypoint.ts';
import { predictionOf } from './read.ts';
import { search } from './search.ts';
import { targetOf } from './target.ts';

/** The reader of every kind of detector. */
export const boxes: TaskReader = {
  read(outputs, context) {
    const all = search(outputs, context);
    return all.found.map((found) => predictionOf(found, all));
  },
  target(choice, outputs, context) {
    const all = search(outputs, context);
    const found = chooseBox(choice, all);
    const point = chooseKeypoint(choice, found, all, context);
    if (point !== undefined) return keypointTarget(found, point, all, context);
    return targetOf(found, all, outputs, context.boxScore);
  },
};
