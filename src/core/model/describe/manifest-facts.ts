/** Facts that a manifest states, or the flags that stand for its entries. */
import type { Fact, FactSource } from '../description.ts';
import type { Manifest } from '../manifest.ts';
import type { StatedFacts, StatedInput } from './stated-facts.ts';

/**
 * @param labels class names in order, where the manifest or a file beside it has them
 * @param labelSource source of the labels
 */
export function manifestFacts(
  manifest: Partial<Manifest>,
  labels: readonly string[] | undefined,
  labelSource: 'manifest' | 'file',
): StatedFacts {
  const fact = <T>(value: T): Fact<T> => ({ value, source: 'manifest' });
  const { output, task, class_axis, label_offset = 0, preprocessing, hold, inputs = {} } = manifest;
  const file = typeof manifest.labels === 'string' ? manifest.labels : 'labels';
  const source: FactSource = labelSource === 'file' ? `file:${file}` : 'manifest';
  return {
    ...(output !== undefined && { output: fact(output) }),
    ...(task !== undefined && { task: fact(task) }),
    ...(class_axis !== undefined && { classAxis: fact(class_axis) }),
    ...(label_offset > 0 && { labelOffset: fact(label_offset) }),
    ...(labels && { labels: { value: labels, source } }),
    ...(preprocessing && { preprocessing: fact(preprocessing) }),
    ...(hold && { hold: fact(hold) }),
    inputs: Object.fromEntries(
      Object.entries(inputs).map(([name, { modality, layout, batch_axis, role }]): [string, StatedInput] => [
        name,
        {
          ...(modality !== undefined && { modality: fact(modality) }),
          ...(layout !== undefined && { layout: fact(layout) }),
          ...(batch_axis !== undefined && { batchAxis: fact(batch_axis) }),
          ...(role !== undefined && { role: fact(role) }),
        },
      ]),
    ),
  };
}
