/** Similarity of two explanations of the same input. */

import * as z from 'zod';
import { choice } from '../method/choice.ts';
import { pearson, spearman, ssim } from './similarity.ts';

export const similarityParameter = (usual: 'spearman' | 'ssim') =>
  z
    .enum(['spearman', 'pearson', 'ssim'])
    .default(usual)
    .describe('How two maps are compared: rank correlation, correlation, or structural similarity.');

export const comparisonParams = {
  of: choice(['map', 'elements'], 'map', 'Compares the maps, or the values of all elements in a row, as Quantus does.'),
  normalise: z.boolean().default(true).describe('Divides each by its largest absolute value first.'),
  absolute: z.boolean().default(false).describe('Compares absolute values.'),
};

interface ComparisonParams {
  readonly similarity: 'spearman' | 'pearson' | 'ssim';
  readonly of: 'map' | 'elements';
  readonly normalise: boolean;
  readonly absolute: boolean;
}

/** Compared part of an explained row. */
interface Compared {
  readonly values: Readonly<Record<string, { readonly data: ArrayLike<number> }>>;
  readonly map?: { readonly dims: readonly number[]; readonly data: ArrayLike<number> };
}

export function compare(a: Compared, b: Compared, params: ComparisonParams): number {
  const [x, y] = [numbersOf(a, params), numbersOf(b, params)];
  if (params.similarity === 'spearman') return spearman(x.values, y.values);
  if (params.similarity === 'pearson') return pearson(x.values, y.values);
  return ssim(x.values, y.values, x.dims);
}

/** Values of all elements, one tensor after the other. */
export const elementsOf = ({ values }: Compared): Float64Array =>
  Float64Array.from(Object.values(values).flatMap(({ data }) => Array.from(data)));

function numbersOf(row: Compared, { of, normalise, absolute }: ComparisonParams) {
  const map = of === 'map' ? row.map : undefined;
  const data = map ? Float64Array.from(map.data) : elementsOf(row);
  const dims = (map?.dims ?? [1, data.length]) as readonly [number, number];
  const scale = (normalise && data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0)) || 1;
  return { dims, values: data.map((value) => (absolute ? Math.abs(value) : value) / scale) };
}
