/**
 * A tree ensemble in flat arrays: one array for each property of a node, nodes by index. Every split is the test
 * `value <= threshold`; whatever a file spells otherwise was rewritten on reading (`branches.ts`). Nodes are in
 * depth-first order, the low child right behind its parent where it is not shared.
 */
import type { Head } from './head.ts';

export interface TreeEnsemble {
  /** Columns of the matrix that the ensemble reads: at least the largest column of a split, plus 1. */
  readonly columns: number;
  /** Raw scores that the leaves add up to, before {@link Head}. */
  readonly targets: number;
  /** Node of each tree's root. */
  readonly roots: Int32Array;
  /** Column that a node tests; -1 for a leaf. */
  readonly column: Int32Array;
  /** Threshold of a node's test; exactly a float32 where the ensemble compares in float32. */
  readonly threshold: Float64Array;
  /** Child for `value <= threshold`. */
  readonly low: Int32Array;
  /** Child for `value > threshold`. */
  readonly high: Int32Array;
  /** 1 where NaN goes to the low child. */
  readonly nanLow: Uint8Array;
  /** Leaf weights of node `i` are the entries from `weightStart[i]` to `weightStart[i + 1]`. */
  readonly weightStart: Int32Array;
  /** Raw score that a leaf weight belongs to. */
  readonly weightTarget: Int32Array;
  readonly weight: Float64Array;
  /** Share of the training rows at a split that went low, where the file says so; 0 for leaves. */
  readonly lowShare?: Float64Array;
  readonly aggregate: Aggregate;
  /** Splits on the longest way from a root to a leaf. */
  readonly depth: number;
  /** Precision that values and thresholds are compared in. */
  readonly precision: 'float32' | 'float64';
  readonly head: Head;
  /** Class names of a classifier, as texts. */
  readonly labels?: readonly string[];
}

/** Function that puts the trees' weights together. */
export type Aggregate = 'sum' | 'average' | 'min' | 'max';

/** Bytes that the arrays of an ensemble take. */
export function ensembleBytes(ensemble: TreeEnsemble): number {
  return Object.values(ensemble).reduce<number>(
    (bytes, value) => bytes + (ArrayBuffer.isView(value) ? value.byteLength : 0),
    0,
  );
}

/** The leaf that a row of values ends in. */
export function leafOf(ensemble: TreeEnsemble, root: number, values: Float64Array, offset: number): number {
  const { column, threshold, low, high, nanLow } = ensemble;
  let node = root;
  for (;;) {
    const at = column[node] as number;
    if (at < 0) return node;
    const value = values[offset + at] as number;
    const goesLow = value <= (threshold[node] as number) || (nanLow[node] === 1 && Number.isNaN(value));
    node = (goesLow ? low[node] : high[node]) as number;
  }
}
