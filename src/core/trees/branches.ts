/**
 * Every kind of test that a tree node may have, as tests of the one kind `value <= threshold`. `value < t` is `value <=`
 * the next smaller number; greater-than exchanges the children; equality and membership become a binary search in which
 * nodes share a child.
 */
import { WhylightError } from '../errors.ts';
import type { TreeWriter } from './writer.ts';

export const MODES = [
  'BRANCH_LEQ',
  'BRANCH_LT',
  'BRANCH_GTE',
  'BRANCH_GT',
  'BRANCH_EQ',
  'BRANCH_NEQ',
  'BRANCH_MEMBER',
] as const;
export type Mode = (typeof MODES)[number];

export interface Branch {
  readonly mode: Mode;
  readonly column: number;
  /** Number that the value is compared with; the set of numbers for `BRANCH_MEMBER`. */
  readonly threshold: number | readonly number[];
  /** NaN goes where the test is true, whatever the test. */
  readonly nanTrue: boolean;
}

/** A child that is still to be written: `side` of `node`. */
export interface Slot {
  readonly node: number;
  readonly side: 'low' | 'high';
}

/** Nodes of one branch: where it begins, and what waits for its children. */
export interface Written {
  readonly first: number;
  readonly whenTrue: readonly Slot[];
  readonly whenFalse: readonly Slot[];
}

/** @throws WhylightError `invalid_model` */
export function modeOf(name: string | undefined): Mode {
  if ((MODES as readonly (string | undefined)[]).includes(name)) return name as Mode;
  throw new WhylightError(
    'invalid_model',
    `A tree node has the mode ${JSON.stringify(name)}, expected LEAF or ${MODES.join(', ')}.`,
    {
      mode: name,
    },
  );
}

/** @param below the largest number smaller than this one, in the precision that values are compared in */
export function writeBranch(writer: TreeWriter, branch: Branch, below: (x: number) => number): Written {
  const { mode, column, threshold, nanTrue } = branch;
  const bound = (threshold as number) + 0;
  switch (mode) {
    case 'BRANCH_LEQ':
      return compare(writer, column, bound, nanTrue);
    case 'BRANCH_LT':
      return compare(writer, column, below(bound), nanTrue);
    case 'BRANCH_GT':
      return exchanged(compare(writer, column, bound, !nanTrue));
    case 'BRANCH_GTE':
      return exchanged(compare(writer, column, below(bound), !nanTrue));
    case 'BRANCH_EQ':
      return search(writer, branch, [bound], below);
    case 'BRANCH_NEQ':
      // NaN differs from every number.
      return exchanged(search(writer, { ...branch, nanTrue: false }, [bound], below));
    case 'BRANCH_MEMBER':
      return search(writer, branch, sorted(threshold as readonly number[]), below);
  }
}

function compare(writer: TreeWriter, column: number, bound: number, nanLow: boolean): Written {
  const node = writer.split(column, bound, nanLow);
  return { first: node, whenTrue: [{ node, side: 'low' }], whenFalse: [{ node, side: 'high' }] };
}

const exchanged = ({ first, whenTrue, whenFalse }: Written): Written => ({
  first,
  whenTrue: whenFalse,
  whenFalse: whenTrue,
});

const sorted = (values: readonly number[]): number[] => [...new Set(values)].sort((a, b) => a - b);

/** Looks for the value among sorted members: two nodes tell whether it is the middle one, below it or above it. */
function search(writer: TreeWriter, branch: Branch, members: readonly number[], below: (x: number) => number): Written {
  const { column, nanTrue } = branch;
  const whenTrue: Slot[] = [];
  const whenFalse: Slot[] = [];
  const within = (from: number, to: number): number => {
    const middle = (from + to) >> 1;
    const member = members[middle] as number;
    // NaN is led down the low side of the first node to its test for equality, or up to the end of the high sides.
    const upper = writer.split(column, member, nanTrue);
    const lower = writer.split(column, below(member), false);
    writer.link(upper, 'low', lower);
    whenTrue.push({ node: lower, side: 'high' });
    if (from < middle) writer.link(lower, 'low', within(from, middle));
    else whenFalse.push({ node: lower, side: 'low' });
    if (middle + 1 < to) writer.link(upper, 'high', within(middle + 1, to));
    else whenFalse.push({ node: upper, side: 'high' });
    return upper;
  };
  return { first: within(0, members.length), whenTrue, whenFalse };
}
