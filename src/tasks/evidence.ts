/** Facts of a description that several tasks weigh. */
import type { ModelDescription, OutputFact } from '../core/model/description.ts';

/** Extents of an output without rows and classes, ones left out; open extents count as long. */
export function positionExtents({ shape, classAxis, batchAxis }: OutputFact): (number | string)[] {
  const batch = batchAxis.value ?? (shape.length > 1 ? 0 : null);
  return shape.filter((extent, i) => i !== batch && i !== classAxis?.value && extent !== 1);
}

/** Extent of the class axis; 1 where there is none. */
export function classExtent({ shape, classAxis }: OutputFact): number | string {
  return typeof classAxis?.value === 'number' ? (shape[classAxis.value] ?? 1) : 1;
}

/** Tells if any input of the model is of this modality. */
export const hasInput = ({ inputs }: ModelDescription, modality: string): boolean =>
  inputs.some((input) => input.modality.value === modality);

/** Evidence for `task` where the description names it: by a person or a file, more than by the graph. */
export function stated({ explained }: ModelDescription, task: string): number {
  const { value, source } = explained.task;
  if (value !== task || source === 'default') return 0;
  return source === 'graph' ? 0.6 : 1;
}
