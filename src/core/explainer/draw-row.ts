/** Drawing of an explained row by the modality that prepared it. */
import type { DrawFormat, Features, Modality } from '../modality/modality.ts';
import type { ExplainedRow } from './explanation.ts';

/** A row that a modality prepared, with what draws it again. */
export interface DrawableRow {
  readonly modality: Modality;
  readonly features: Features;
  readonly view: unknown;
}

/**
 * Draws the features of a row with their values.
 * @param signed true where negative values are evidence against the target
 * @returns undefined for a row without values of features: nothing was found, or an inner layer is explained
 */
export function drawRow(
  { modality, features, view }: DrawableRow,
  { features: valued, values: elements, target, nothing }: ExplainedRow,
  signed: boolean,
  format: DrawFormat,
): string | undefined {
  if (!valued || nothing !== undefined) return undefined;
  const values = Float64Array.from(valued, ({ value }) => value);
  return modality.draw({ view, features, values, elements, title: targetName(target), signed }, format);
}

/** Name of what is explained: the label, else the number of the class. */
export const targetName = ({ label, index }: ExplainedRow['target']): string =>
  label ?? (index === undefined ? 'the target' : `class ${index}`);
