/** Inputs that may hold missing values. */
import type { ModelDescription } from './description.ts';
import type { Manifest } from './manifest.ts';

/**
 * Names of the inputs in which NaN stands for a missing value that the model treats itself: by the graph (imputers, trees
 * with a branch for missing values), or by the entry `"missing": "keep"` in the settings of the input's modality.
 */
export function inputsWithGaps(
  { inputs }: Pick<ModelDescription, 'inputs'>,
  { modalities = {} }: Pick<Partial<Manifest>, 'modalities'>,
): ReadonlySet<string> {
  const found = inputs.filter(
    ({ columns, modality }) =>
      columns?.value.some(({ missingAllowed }) => missingAllowed) || keepsGaps(modalities[modality.value]),
  );
  return new Set(found.map(({ name }) => name));
}

/** True where the settings, or one of their columns, keep missing values. */
function keepsGaps(settings: Readonly<Record<string, unknown>> | undefined): boolean {
  const { missing, columns } = settings ?? {};
  return missing === 'keep' || (Array.isArray(columns) && columns.some((column) => column?.missing === 'keep'));
}
