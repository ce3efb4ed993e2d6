/** The tasks that come with whylight, for Workers: those of detectors are read by code that the first of them loads. */
import type { Task } from '../core/task/task.ts';
import { DETECTORS } from './detection/detectors.ts';
import { lazyTask } from './lazy-task.ts';
import { otherTasks } from './others.ts';

export const builtinTasks: readonly Task[] = [
  ...Object.values(DETECTORS).map((detector) =>
    lazyTask(detector, async () => (await import('./detection/reader.ts')).boxes),
  ),
  ...otherTasks,
];
