/** Which elements are taken as one feature. */
import { z } from 'zod';
import type { TensorInfo } from '../../method/contract.ts';
import { knownDims } from './extents.ts';

export const featureMaskParameters = {
  feature_mask: z
    .enum(['none', 'grid'])
    .default('grid')
    .describe(
      'What is one feature: "none" takes each element, "grid" a cell of a grid over the spatial axes, all channels together.',
    ),
  grid: z
    .array(z.int().min(1).max(64))
    .min(1)
    .max(3)
    .default([7])
    .describe('Cells of the grid along each spatial axis; one number holds for all.'),
};

export interface FeatureMask {
  readonly features: number;
  /** Number of the feature of each element of a row. */
  readonly ids: Uint32Array;
}

/** Vectors and tokens have no grid: each element is a feature. */
export function featureMask(
  input: TensorInfo,
  { feature_mask, grid }: { readonly feature_mask: 'none' | 'grid'; readonly grid: readonly number[] },
): FeatureMask {
  const dims = knownDims(input);
  const size = dims.reduce((a, b) => a * b, 1);
  if (feature_mask === 'none' || input.channelAxis === undefined) {
    return { features: size, ids: Uint32Array.from({ length: size }, (_, i) => i) };
  }
  const axes = dims.map((_, axis) => axis).filter((axis) => axis !== input.channelAxis);
  const cells = axes.map((axis, i) => Math.min(dims[axis] as number, (grid.length === 1 ? grid[0] : grid[i]) ?? 1));
  const strides = dims.map((_, axis) => dims.slice(axis + 1).reduce((a, b) => a * b, 1));
  const ids = Uint32Array.from({ length: size }, (_, element) =>
    axes.reduce((id, axis, i) => {
      const position = Math.floor(element / (strides[axis] as number)) % (dims[axis] as number);
      return id * (cells[i] as number) + Math.floor((position * (cells[i] as number)) / (dims[axis] as number));
    }, 0),
  );
  return { features: cells.reduce((a, b) => a * b, 1), ids };
}
