/** Owen values: Shapley values of a tree of features, in which a part is shared out among its own features alone. */
import { type Join, leavesOf } from './partition-tree.ts';

/** So many nodes are opened at a time where not all of them can be: the result must not depend on the batch. */
const WAVE = 16;

/** A node with one state of everything outside it. */
interface Open {
  readonly node: number;
  /** 1 for each feature outside the node that is there. */
  readonly context: Uint8Array;
  /** Share of this state among all states of the node. */
  readonly weight: number;
  /** Score without and with the whole node. */
  readonly without: number;
  readonly with: number;
}

export interface OwenOptions {
  readonly features: number;
  readonly joins: readonly Join[];
  /** Scores without and with all features. */
  readonly ends: readonly [number, number];
  /** Nodes that may be opened, two coalitions each: those whose share is largest first. */
  readonly openings: number;
  /** Scores of coalitions, each 1 for a feature that is there. */
  score(coalitions: readonly Uint8Array[]): Promise<ArrayLike<number>>;
  /** Told after each round, with values that are right so far. */
  partial?(values: () => Float64Array): void;
}

/**
 * Values of the features, which add up to the difference between the ends. A node that is not opened is shared out evenly
 * among its features.
 * @see https://doi.org/10.1007/978-3-642-45494-3_7
 */
export async function owenValues({
  features,
  joins,
  ends,
  openings,
  score,
  partial,
}: OwenOptions): Promise<Float64Array> {
  const leaves = leavesOf(features, joins);
  const root: Open = {
    node: features + joins.length - 1,
    context: new Uint8Array(features),
    weight: 1,
    without: ends[0],
    with: ends[1],
  };
  const done = new Float64Array(features);
  let waiting: Open[] = [];
  const settle = (values: Float64Array, { node, weight, ...scores }: Open): void => {
    const own = leaves[node] as readonly number[];
    const share = (weight * (scores.with - scores.without)) / own.length;
    for (const feature of own) values[feature] = (values[feature] as number) + share;
  };
  const add = (open: Open): void => {
    if (open.node < features) settle(done, open);
    else waiting.push(open);
  };
  add(root);
  const soFar = (): Float64Array => {
    const values = done.slice();
    for (const open of waiting) settle(values, open);
    return values;
  };
  for (let left = openings; left > 0 && waiting.length > 0; ) {
    const impact = ({ weight, ...scores }: Open): number => weight * Math.abs(scores.with - scores.without);
    waiting.sort((a, b) => impact(b) - impact(a));
    const wave = waiting.slice(0, Math.min(WAVE, left));
    waiting = waiting.slice(wave.length);
    left -= wave.length;
    const halves = wave.flatMap(({ node, context }) =>
      (joins[node - features] as Join).map((child) => union(context, leaves[child] as readonly number[])),
    );
    const scores = await score(halves);
    for (const [i, open] of wave.entries()) {
      const [left, right] = joins[open.node - features] as Join;
      const [withLeft, withRight] = [scores[2 * i] as number, scores[2 * i + 1] as number];
      const [onlyLeft, onlyRight] = [halves[2 * i] as Uint8Array, halves[2 * i + 1] as Uint8Array];
      const weight = open.weight / 2;
      add({ node: left, context: open.context, weight, without: open.without, with: withLeft });
      add({ node: left, context: onlyRight, weight, without: withRight, with: open.with });
      add({ node: right, context: open.context, weight, without: open.without, with: withRight });
      add({ node: right, context: onlyLeft, weight, without: withLeft, with: open.with });
    }
    if (left > 0 && waiting.length > 0) partial?.(soFar);
  }
  return soFar();
}

function union(context: Uint8Array, members: readonly number[]): Uint8Array {
  const both = context.slice();
  for (const member of members) both[member] = 1;
  return both;
}
