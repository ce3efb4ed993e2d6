/** Features by methods, as a table for a terminal. */
import type { FeatureValue } from '../core/explainer/feature-value.ts';
import { signedNumber } from '../core/modality/colors.ts';

/** Number of features that are listed. */
const LISTED = 12;
const MAX_NAME = 32;

export interface MatrixColumn {
  readonly method: string;
  readonly features: readonly FeatureValue[];
}

/** The features that matter most on average, each method scaled to its largest value, with the values of every method. */
export function featureMatrix(columns: readonly MatrixColumn[]): string[] {
  const [first] = columns;
  if (!first) return [];
  const scales = columns.map(({ features }) => Math.max(...features.map(({ value }) => Math.abs(value))) || 1);
  const weight = (i: number): number =>
    columns.reduce((sum, { features }, m) => sum + Math.abs(features[i]?.value ?? 0) / (scales[m] as number), 0);
  const order = first.features.map((_, i) => i).sort((a, b) => weight(b) - weight(a) || a - b);
  const shown = order.slice(0, LISTED);
  const names = shown.map((i) => shortened(first.features[i]?.name ?? ''));
  const width = Math.max(7, ...names.map(({ length }) => length));
  const line = (name: string, cells: readonly string[]) =>
    [name.padEnd(width), ...cells.map((cell, m) => cell.padStart(Math.max(9, columns[m]?.method.length ?? 0)))].join(
      '  ',
    );
  return [
    line(
      'feature',
      columns.map(({ method }) => method),
    ),
    ...shown.map((i, k) =>
      line(
        names[k] as string,
        columns.map(({ features }) => signedNumber(features[i]?.value ?? 0)),
      ),
    ),
    ...(order.length > shown.length ? [`and ${order.length - shown.length} more`] : []),
  ];
}

const shortened = (name: string): string => (name.length > MAX_NAME ? `${name.slice(0, MAX_NAME - 1)}…` : name);
