/** Shares of training rows at the nodes of one branch. */
import type { Slot, Written } from './branches.ts';
import type { TreeWriter } from './writer.ts';

/**
 * The share of rows that goes low at each node of a branch, just written, whose test is true for `share` of them. Where
 * several nodes lead to the same child, only the sum over them is known, and only the sum counts: the first such place
 * gets all of it.
 */
export function branchShares(
  writer: TreeWriter,
  { first, whenTrue, whenFalse }: Written,
  share: number,
): Map<number, number> {
  const masses = new Map<string, number>([
    [key(whenTrue[0] as Slot), share],
    [key(whenFalse[0] as Slot), 1 - share],
  ]);
  const nodes = new Map<number, number>();
  const lows = new Map<number, number>();
  const massOf = (node: number, side: 'low' | 'high'): number => {
    const child = writer.child(node, side);
    return child > 0 ? (nodes.get(child) as number) : (masses.get(key({ node, side })) ?? 0);
  };
  for (let node = writer.length - 1; node >= first; node--) {
    const [low, high] = [massOf(node, 'low'), massOf(node, 'high')];
    nodes.set(node, low + high);
    lows.set(node, low + high > 0 ? low / (low + high) : 0.5);
  }
  return lows;
}

const key = ({ node, side }: Slot): string => `${node} ${side}`;
