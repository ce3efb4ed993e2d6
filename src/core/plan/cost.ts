/**
 * Estimate of what an explanation takes: rows from the method, milliseconds from the model's profile, bytes from the
 * compiled graphs.
 */
import type { Cost } from '../method/contract.ts';
import type { Model } from '../model/model.ts';
import type { GraphLoader } from './loader.ts';
import { linearMemory } from './machine-memory.ts';
import type { Profiles, RowSize } from './profile.ts';
import { type ResolvedNeeds, rowBytesOf, type Variant } from './variant.ts';

/** Expected cost of a request. */
export interface Estimate {
  /** Rows of the whole request. */
  readonly cost: Cost;
  /** Time in the engine. The method's own work takes a tenth of it or less. */
  readonly milliseconds: number;
  /** True if {@link milliseconds} rests on measurements of this model, false if it is computed from FLOPs. */
  readonly measured: boolean;
  /** Memory of the engine with every graph of the method loaded and a batch running. */
  readonly bytes: number;
  /** Size of the rows that the estimate rests on. */
  readonly size: RowSize;
}

/** Facts of a plan that decide on its cost. */
export interface Planned {
  readonly model: Model;
  readonly cost: Cost;
  readonly graphs: Readonly<Record<string, ResolvedNeeds>>;
}

/**
 * Compiles graphs that are new.
 * @throws WhylightError `not_differentiable`
 */
export function estimateCost({ model, cost, graphs }: Planned, loader: GraphLoader, profiles: Profiles): Estimate {
  const needs = Object.values(graphs);
  const variants = needs.map((each) => loader.describe(model, each));
  const sessions = variants.reduce((bytes, { sessionBytes }) => bytes + sessionBytes, 0);
  const batches = variants.map((variant, i) => {
    const rowBytes = rowBytesOf(variant, needs[i] as ResolvedNeeds);
    return rowBytes * loader.batchSize(model, rowBytes);
  });
  const size = rowSize(needs, variants);
  return {
    cost,
    milliseconds: profiles.milliseconds(model, cost, size),
    measured: profiles.of(model).measured,
    size,
    bytes: linearMemory(sessions + Math.max(...batches)),
  };
}

/** Size of the rows that run through these graphs. */
export const rowSize = (needs: readonly ResolvedNeeds[], variants: readonly Variant[]): RowSize => ({
  ...(needs[0] && { rows: needs[0].inputDims }),
  graphs: variants.map(({ rowWork, inputDims, gradients }) => ({
    work: rowWork,
    shapes: inputDims,
    isBackward: gradients.length > 0,
  })),
});
