/** Facts that a manifest states, or flags in its place. */
import type { Fact, FactSource } from '../description.ts';
import type { Manifest } from '../manifest.ts';
import type { SizedManifest } from '../sized-manifest.ts';
import type { StatedFacts, StatedInput } from './stated-facts.ts';

/**
 * @param labels class names in order, where the manifest or a file beside it has them
 * @param labelSource source of the labels
 * @param flagged keys that a flag states in place of the manifest
 */
export function manifestFacts(
  manifest: SizedManifest,
  labels: readonly string[] | undefined,
  labelSource: 'manifest' | 'file',
  flagged: readonly (keyof Manifest)[] = [],
): StatedFacts {
  const sourceOf = (key: keyof Manifest): FactSource => (flagged.includes(key) ? 'request' : 'manifest');
  const fact = <T>(key: keyof Manifest, value: T): Fact<T> => ({ value, source: sourceOf(key) });
  const { output, task, class_axis, label_offset = 0, preprocessing, hold, inputs = {} } = manifest;
  const file = typeof manifest.labels === 'string' ? manifest.labels : 'labels';
  const isFile = labelSource === 'file' && !flagged.includes('labels');
  const source: FactSource = isFile ? `file:${file}` : sourceOf('labels');
  return {
    ...(output !== undefined && { output: fact('output', output) }),
    ...(task !== undefined && { task: fact('task', task) }),
    ...(class_axis !== undefined && { classAxis: fact('class_axis', class_axis) }),
    ...(label_offset > 0 && { labelOffset: fact('label_offset', label_offset) }),
    ...(labels && { labels: { value: labels, source } }),
    ...(preprocessing && { preprocessing: fact('preprocessing', preprocessing) }),
    ...(hold && { hold: fact('hold', hold) }),
    inputs: Object.fromEntries(
      Object.entries(inputs).map(([name, { modality, layout, batch_axis, role }]): [string, StatedInput] => [
        name,
        {
          ...(modality !== undefined && { modality: fact('inputs', modality) }),
          ...(layout !== undefined && { layout: fact('inputs', layout) }),
          ...(batch_axis !== undefined && { batchAxis: fact('inputs', batch_axis) }),
          ...(role !== undefined && { role: fact('inputs', role) }),
        },
      ]),
    ),
  };
}
