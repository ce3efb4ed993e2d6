/** Check of the description: inputs, explained output, axes, activation, labels. */
import type { ModelDescription } from '../../../src/core/model/description.ts';
import type { Expectation } from '../expectation.ts';

export function descriptionFaults(description: ModelDescription, expected: Expectation): string[] {
  const faults: string[] = [];
  const differs = (what: string, is: unknown, right: unknown): void => {
    const fits = Array.isArray(right) ? right.includes(is) : is === right;
    if (right !== undefined && !fits) faults.push(`${what} is ${is}, expected ${[right].flat().join(' or ')}`);
  };
  for (const { name, role, modality, batch_axis, layout } of expected.inputs ?? []) {
    const fact = description.inputs.find((input) => input.name === name);
    if (!fact) faults.push(`input ${name} is missing`);
    differs(`role of ${name}`, fact?.role.value, role);
    differs(`modality of ${name}`, fact?.modality.value, modality);
    differs(`batch axis of ${name}`, fact?.batchAxis.value, batch_axis);
    if (layout && /^[A-Z]+$/.test(layout)) differs(`layout of ${name}`, fact?.layout.value, layout);
  }
  faults.push(...outputFaults(description, expected, differs));
  return faults;
}

function outputFaults(
  { explained, doubts }: ModelDescription,
  expected: Expectation,
  differs: (what: string, is: unknown, right: unknown) => void,
): string[] {
  const outputs = expected.output === undefined ? [] : [expected.output].flat();
  const axis = explained.classAxis?.value;
  // One output for each class is read as one matrix with a column for each.
  if (outputs.length > 1 && axis === 1 && explained.shape[1] === outputs.length) {
    differs('activation', explained.activation.value, expected.activation ?? undefined);
    return [];
  }
  // A doubt that names the inner tensor to explain asks for it.
  const inner = outputs.find((name) => name !== explained.name);
  if (expected.explain === 'ask' && doubts.some(({ message, blocking }) => blocking && message.includes(` ${inner}`)))
    return [];
  if (outputs.length > 0 && !outputs.includes(explained.name)) differs('explained output', explained.name, outputs[0]);
  const asks = axis === undefined && doubts.length > 0;
  const isUnknown = expected.class_axis === 'unknown';
  if (isUnknown && doubts.length === 0) return ['says nothing of what cannot be known'];
  if (!isUnknown && !asks) differs('class axis', axis, expected.class_axis);
  if (!asks) differs('activation', explained.activation.value, expected.activation ?? undefined);
  const names = expected.label_names;
  if (names) differs('labels', explained.labels?.value.names.join(), names.join());
  return [];
}
