/** Binary trees over features: which of them are joined first. */
import { WhylightError } from '../../errors.ts';

/** A join of two nodes; nodes 0 to n - 1 are the features, join i is node n + i, the last one is the root. */
export type Join = readonly [left: number, right: number];

/** Features below each node of a tree. */
export function leavesOf(features: number, joins: readonly Join[]): readonly (readonly number[])[] {
  const leaves: (readonly number[])[] = Array.from({ length: features }, (_, i) => [i]);
  for (const [left, right] of joins) {
    leaves.push([...(leaves[left] as readonly number[]), ...(leaves[right] as readonly number[])]);
  }
  return leaves;
}

/**
 * A tree as a request gives it: two numbers for each join, as the first two columns of scipy's linkage matrix.
 * @throws WhylightError `invalid_request` for numbers that are no tree over so many features
 */
export function givenTree(numbers: readonly number[], features: number): readonly Join[] {
  const joins = Array.from({ length: Math.floor(numbers.length / 2) }, (_, i): Join => {
    return [numbers[2 * i] as number, numbers[2 * i + 1] as number];
  });
  const used = new Set(numbers);
  const known = joins.every(([left, right], i) => Math.max(left, right) < features + i);
  if (numbers.length === 2 * (features - 1) && used.size === numbers.length && known) return joins;
  const expected = `${2 * (features - 1)} different numbers, two for each join of ${features} features: features are 0 to ${features - 1}, join i is ${features} + i and is joined later`;
  throw new WhylightError('invalid_request', `tree must have ${expected}; it has ${numbers.length}.`, {
    issues: [{ parameter: 'tree', message: `must have ${expected}` }],
  });
}

/**
 * A balanced tree: features are halved along the axis in which their centres spread most, again and again.
 * @param centres of each feature, in any number of dims; a feature without a centre comes last
 */
export function balancedTree(centres: readonly (readonly number[])[]): readonly Join[] {
  const joins: Join[] = [];
  const join = (members: readonly number[]): number => {
    if (members.length === 1) return members[0] as number;
    const axis = widestAxis(members, centres);
    const along = (member: number): number => centres[member]?.[axis] ?? Infinity;
    const sorted = members.toSorted((a, b) => (along(a) === along(b) ? a - b : along(a) - along(b)));
    const half = Math.ceil(sorted.length / 2);
    const pair: Join = [join(sorted.slice(0, half)), join(sorted.slice(half))];
    joins.push(pair);
    return centres.length + joins.length - 1;
  };
  if (centres.length > 1) join(Array.from(centres.keys()));
  return joins;
}

function widestAxis(members: readonly number[], centres: readonly (readonly number[])[]): number {
  const known = members.flatMap((member) => (centres[member]?.length ? [centres[member] as readonly number[]] : []));
  const spreads = (known[0] ?? [0]).map((_, axis) => {
    const along = known.map((centre) => centre[axis] as number);
    return (
      along.reduce((most, x) => Math.max(most, x), -Infinity) - along.reduce((least, x) => Math.min(least, x), Infinity)
    );
  });
  return spreads.indexOf(Math.max(...spreads));
}

/**
 * Number of nodes that are opened until every coalition that the tree allows has been seen: each in every state of the
 * nodes beside it on the way to the root, 2^depth times. Infinite where it is beyond counting.
 */
export function openings(features: number, joins: readonly Join[]): number {
  const depths = new Array<number>(features + joins.length).fill(0);
  let count = 0;
  for (let i = joins.length - 1; i >= 0; i--) {
    const depth = depths[features + i] as number;
    count += 2 ** depth;
    for (const child of joins[i] as Join) depths[child] = depth + 1;
  }
  return count;
}
