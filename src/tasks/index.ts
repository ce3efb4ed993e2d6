/** The tasks that come with whylight. */
import type { Task } from '../core/task/task.ts';
import instanceSegmentation from './detection/instance-segmentation.ts';
import objectDetection from './detection/object-detection.ts';
import orientedDetection from './detection/oriented-detection.ts';
import pose from './detection/pose.ts';
import { otherTasks } from './others.ts';

export const builtinTasks: readonly Task[] = [
  objectDetection,
  orientedDetection,
  instanceSegmentation,
  pose,
  ...otherTasks,
];
