/** The number that is explained for a box. */
import type { BoxScore, TaskOutputs, TaskTarget } from '../../core/task/task.ts';
import type { Found } from './find.ts';
import { referenceOf, scoreOfBox } from './follow.ts';
import { scoresTensor } from './scores-tensor.ts';
import type { Search } from './search.ts';
import { similarityTensor } from './similarity-tensor.ts';

/**
 * The number of a box, by default its confidence. Where no output holds it, nodes make a tensor of the numbers of all
 * candidates. In a disturbed run the box is looked for by overlap and class.
 */
export function targetOf(
  found: Found,
  { found: all, format, reader, view, settings }: Search,
  outputs: TaskOutputs,
  by: BoxScore = 'confidence',
): TaskTarget {
  const { head, candidate } = found;
  const reference = referenceOf(head, candidate, found.class);
  const { labels, firstClass = 0 } = format;
  const label = labels?.[found.class + firstClass];
  const [left, top, right, bottom] = found.box;
  return {
    ...scoresTensor(found, outputs, by),
    ...(by === 'similarity' && { differentiated: similarityTensor(found, outputs) }),
    ...numberAmong(all, found),
    class: found.class + firstClass,
    threshold: settings.threshold,
    extent: [bottom - top, right - left],
    ...(label !== undefined && { label }),
    follow: (disturbed) => scoreOfBox(reader.read(format, disturbed, view.input, 0), reference, by),
    similarity: (disturbed) => scoreOfBox(reader.read(format, disturbed, view.input, 0), reference, 'similarity'),
  };
}

/** The number of a box among those that were found; a box below the threshold has none. */
export function numberAmong(all: readonly Found[], { position, class: klass }: Found): Pick<TaskTarget, 'prediction'> {
  const prediction = all.findIndex((one) => one.position === position && one.class === klass);
  return prediction < 0 ? {} : { prediction };
}
