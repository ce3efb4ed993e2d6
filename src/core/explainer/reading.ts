/** Interpretation of the explained output, for answers. */
import { type Corrections, isEmpty } from '../model/corrections.ts';
import type { ModelDescription } from '../model/description.ts';
import type { Task } from '../task/task.ts';
import type { Reading } from './explanation.ts';

/** Interpretation of the explained output. Doubts about preprocessing are settled by the tensors that were sent. */
export function readingOf(
  { explained: { task, classAxis }, doubts }: ModelDescription,
  corrections: Corrections | undefined,
  read: Task | undefined,
): Reading {
  return {
    task: read?.id ?? task.value,
    ...(classAxis && { classAxis: classAxis.value }),
    ...(corrections && !isEmpty(corrections) && { corrections }),
    doubts: doubts.filter(({ about }) => about !== 'preprocessing').map(({ message }) => message),
  };
}
