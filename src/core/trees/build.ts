/** Trees as a file describes them, written into flat arrays depth first. */
import { WhylightError } from '../errors.ts';
import { type Branch, type Slot, writeBranch } from './branches.ts';
import type { TreeEnsemble } from './ensemble.ts';
import { belowFloat32, belowFloat64 } from './precision.ts';
import { branchShares } from './shares.ts';
import { TreeWriter, type Weight } from './writer.ts';

/** Nodes of a file, by any numbering of its own. */
export interface Source {
  readonly roots: ArrayLike<number>;
  /** Number of splits in the file. */
  readonly splits: number;
  /** Number of leaf weights in the file. */
  readonly weights: number;
  readonly precision: 'float32' | 'float64';
  /** Weights of a leaf; undefined for a split. */
  leaf(node: number): readonly Weight[] | undefined;
  split(node: number): { readonly branch: Branch; readonly whenTrue: number; readonly whenFalse: number };
  /** Training rows that came to a node; absent where the file does not say. */
  readonly count?: (node: number) => number;
}

type Built = Omit<TreeEnsemble, 'targets' | 'aggregate' | 'head' | 'labels'>;

interface Pending {
  readonly node: number;
  /** Places that point to this node; none for a root. */
  readonly slots: readonly Slot[];
}

/** @throws WhylightError `invalid_model` for nodes that form no trees */
export function build(source: Source): Built {
  const writer = new TreeWriter(2 * source.splits + source.roots.length, source.weights);
  const roots = new Int32Array(source.roots.length);
  const shares: number[] = [];
  let splits = 0;
  for (let tree = 0; tree < roots.length; tree++) {
    roots[tree] = writer.length;
    const pending: Pending[] = [{ node: source.roots[tree] as number, slots: [] }];
    for (let next = pending.pop(); next; next = pending.pop()) {
      const leaf = source.leaf(next.node);
      if (!leaf && ++splits > source.splits) refuseShared();
      if (leaf) link(writer, next.slots, writer.leaf(leaf));
      else pending.push(...writeSplit(writer, source, next, shares));
    }
  }
  const arrays = writer.finish();
  return {
    ...arrays,
    columns: arrays.column.reduce((columns, column) => Math.max(columns, column + 1), 0),
    roots,
    depth: depthOf(arrays),
    precision: source.precision,
    ...(source.count && { lowShare: arrays.threshold.map((_, node) => shares[node] ?? 0) }),
  };
}

/** The children that are still to be written, the one where the test is true last: it is written next. */
function writeSplit(writer: TreeWriter, source: Source, { node, slots }: Pending, shares: number[]): Pending[] {
  const { branch, whenTrue, whenFalse } = source.split(node);
  const written = writeBranch(writer, branch, source.precision === 'float32' ? belowFloat32 : belowFloat64);
  link(writer, slots, written.first);
  if (source.count) {
    const share = source.count(whenTrue) / source.count(node);
    for (const [at, low] of branchShares(writer, written, share)) shares[at] = low;
  }
  return [
    { node: whenFalse, slots: written.whenFalse },
    { node: whenTrue, slots: written.whenTrue },
  ];
}

function link(writer: TreeWriter, slots: readonly Slot[], child: number): void {
  for (const { node, side } of slots) writer.link(node, side, child);
}

/** Children come after their parents, so one pass settles how deep each node lies. */
function depthOf({ column, low, high }: Pick<TreeEnsemble, 'column' | 'low' | 'high'>): number {
  const levels = new Int32Array(column.length);
  let depth = 0;
  for (let node = 0; node < column.length; node++) {
    const level = levels[node] as number;
    depth = Math.max(depth, level);
    if ((column[node] as number) < 0) continue;
    for (const child of [low[node] as number, high[node] as number]) {
      levels[child] = Math.max(levels[child] as number, level + 1);
    }
  }
  return depth;
}

function refuseShared(): never {
  throw new WhylightError(
    'invalid_model',
    'Nodes of a tree ensemble form a circle or have two parents: expected trees, in which every node has one.',
  );
}
