/** Classes by name, and the errors that say which there are. */
import { nearest, quoted, WhylightError } from '../core/errors.ts';

export interface NamedClasses {
  readonly names?: readonly string[];
  readonly classes: number;
}

/**
 * Index of the class of this name, whatever the case; a whole number is an index.
 * @throws WhylightError `label_not_found`
 */
export function classNamed(label: string, { names, classes }: NamedClasses): number {
  const wanted = label.trim().toLowerCase();
  const index = names?.findIndex((name) => name.split(',').some((one) => one.trim().toLowerCase() === wanted)) ?? -1;
  const whole = names?.findIndex((name) => name.trim().toLowerCase() === wanted) ?? -1;
  if (whole >= 0 || index >= 0) return whole >= 0 ? whole : index;
  if (/^\d+$/.test(wanted)) return checkedClass(Number(wanted), { classes });
  const close = names ? nearest(wanted, names) : [];
  const hint = !names
    ? `Its classes have no names: give an index from 0 to ${classes - 1}.`
    : close.length > 0
      ? `Did you mean ${close.map(quoted).join(' or ')}?`
      : `Give one of its ${names.length} names.`;
  throw targetNotFound(`The model has no class named ${quoted(label)}. ${hint}`, { label, nearest: close });
}

/** @throws WhylightError `label_not_found` for an index that no class has */
export function checkedClass(index: number, { classes }: Pick<NamedClasses, 'classes'>): number {
  if (Number.isInteger(index) && index >= 0 && index < classes) return index;
  const range = { minimum: 0, maximum: classes - 1 };
  throw targetNotFound(`There is no class ${index}: the model has the classes 0 to ${classes - 1}.`, range);
}

/** The error for a choice that names nothing. */
export const targetNotFound = (message: string, details: Record<string, unknown> = {}): WhylightError =>
  new WhylightError('label_not_found', message, { ...details, issues: [{ parameter: 'target', message }] });

/** The prediction of this number. */
export function numbered<T>(predictions: readonly T[], index: number): T {
  const chosen = predictions[index];
  if (chosen !== undefined) return chosen;
  if (predictions.length === 0) throw targetNotFound('Nothing was found: lower the threshold, or choose a class.');
  const maximum = predictions.length - 1;
  throw targetNotFound(`There is no prediction ${index}: they are numbered from 0 to ${maximum}.`, {
    minimum: 0,
    maximum,
  });
}
