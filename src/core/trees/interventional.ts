/**
 * Interventional TreeSHAP: Shapley values in which absent columns take the values of a background row, averaged over the
 * background rows. Exact, one tree and one background row at a time.
 *
 * For a row x and a background row z only nodes matter at which the two part. Of a leaf on the way of some mixture of
 * both, let `a` be the players that must come from x and `b` those that must come from z. Such a leaf of value v gives
 * v (a - 1)! b! / (a + b)! to each of the former and takes v a! (b - 1)! / (a + b)! from each of the latter.
 *
 * @see Lundberg et al. 2020, From local explanations to global understanding with explainable AI for trees, methods
 */
import { WhylightError } from '../errors.ts';
import type { ScalarTrees } from './scalar.ts';

export interface InterventionalInput {
  /** Values of the explained rows, row by row: [rows, columns]. */
  readonly rows: Float64Array;
  /** Values of the background rows: [background, columns]. */
  readonly background: Float64Array;
  /** Columns of both. */
  readonly columns: number;
  /** Player of each column: columns that come from one source share a player. */
  readonly players: Int32Array;
  /** Number of players. */
  readonly count: number;
  /** Weight of each background row for each row: [rows, background]. Weights of 1 / background give the mean. */
  readonly weights: Float64Array;
}

/** Most players that may part two rows on one way through a tree. */
const MAX_PARTED = 512;

/** Adds the Shapley values of all trees onto `out`: [rows, count]. */
export function addInterventional(trees: ScalarTrees, input: InterventionalInput, out: Float64Array): void {
  const { rows, background, columns, count, weights } = input;
  const walk = new PairWalk(trees, input);
  const [rowCount, backgroundCount] = [rows.length / columns, background.length / columns];
  // Tree by tree: a tree stays in the fastest cache while all pairs of rows go through it.
  for (const root of trees.roots) {
    for (let row = 0; row < rowCount; row++) {
      for (let other = 0; other < backgroundCount; other++) {
        const weight = weights[row * backgroundCount + other] as number;
        walk.run(root, row * columns, other * columns, weight, out, row * count);
      }
    }
  }
}

/** States of a player on the way to a leaf. */
const [UNDECIDED, FROM_ROW, FROM_BACKGROUND] = [0, 1, 2];

/** Walks of pairs of rows through a tree, with the memory that they take. */
class PairWalk {
  private readonly trees: ScalarTrees;
  private readonly input: InterventionalInput;
  private readonly state: Uint8Array;
  /** Shares of a leaf by `a` and `b`, as `a * side + b`. */
  private readonly gains: Float64Array;
  private readonly losses: Float64Array;
  private readonly side: number;
  /** One entry for each player that is decided: its number, the other child, and both sums below the row's child. */
  private readonly stackPlayer: Int32Array;
  private readonly stackOther: Int32Array;
  private readonly stackGain: Float64Array;
  private readonly stackLoss: Float64Array;

  constructor(trees: ScalarTrees, input: InterventionalInput) {
    const parted = Math.min(trees.ensemble.depth, input.count);
    if (parted > MAX_PARTED) {
      throw new WhylightError(
        'unprocessable_method',
        `The trees are ${parted} splits deep; interventional TreeSHAP goes to ${MAX_PARTED}. Use the path-dependent form.`,
        { depth: parted, max: MAX_PARTED },
      );
    }
    this.trees = trees;
    this.input = input;
    this.state = new Uint8Array(input.count);
    this.side = parted + 1;
    [this.gains, this.losses] = leafShares(this.side);
    this.stackPlayer = new Int32Array(parted + 1);
    this.stackOther = new Int32Array(parted + 1);
    this.stackGain = new Float64Array(parted + 1);
    this.stackLoss = new Float64Array(parted + 1);
  }

  run(root: number, x: number, z: number, weight: number, out: Float64Array, outAt: number): void {
    const { column, threshold, low, high, nanLow } = this.trees.ensemble;
    const { rows, background, players } = this.input;
    const { value } = this.trees;
    const { state, gains, losses, side, stackPlayer, stackOther, stackGain, stackLoss } = this;
    let [node, a, b, top] = [root, 0, 0, 0];
    for (;;) {
      const at = column[node] as number;
      if (at >= 0) {
        const bound = threshold[node] as number;
        const [xValue, zValue] = [rows[x + at] as number, background[z + at] as number];
        const nan = nanLow[node] === 1;
        // biome-ignore lint/suspicious/noSelfCompare: in the innermost loop; true for NaN alone.
        const xChild = (xValue <= bound || (nan && xValue !== xValue) ? low[node] : high[node]) as number;
        // biome-ignore lint/suspicious/noSelfCompare: as above.
        const zChild = (zValue <= bound || (nan && zValue !== zValue) ? low[node] : high[node]) as number;
        if (xChild === zChild) {
          node = xChild;
          continue;
        }
        const player = players[at] as number;
        const decided = state[player] as number;
        if (decided === UNDECIDED) {
          state[player] = FROM_ROW;
          stackPlayer[top] = player;
          stackOther[top++] = zChild;
          node = xChild;
          a++;
        } else {
          node = decided === FROM_ROW ? xChild : zChild;
        }
        continue;
      }
      let gain = (value[node] as number) * (gains[a * side + b] as number);
      let loss = (value[node] as number) * (losses[a * side + b] as number);
      for (;;) {
        if (top === 0) return;
        const player = stackPlayer[top - 1] as number;
        if (state[player] === FROM_ROW) {
          stackGain[top - 1] = gain;
          stackLoss[top - 1] = loss;
          state[player] = FROM_BACKGROUND;
          node = stackOther[top - 1] as number;
          a--;
          b++;
          break;
        }
        top--;
        b--;
        state[player] = UNDECIDED;
        out[outAt + player] = (out[outAt + player] as number) + weight * ((stackGain[top] as number) - loss);
        gain += stackGain[top] as number;
        loss += stackLoss[top] as number;
      }
    }
  }
}

/** (a - 1)! b! / (a + b)! and a! (b - 1)! / (a + b)!, for a and b below `side`; 0 where there is none to share among. */
function leafShares(side: number): [Float64Array, Float64Array] {
  const gains = new Float64Array(side * side);
  const losses = new Float64Array(side * side);
  for (let a = 0; a < side; a++) {
    let orders = 1;
    for (let b = 0; b < side; b++) {
      if (b > 0) orders *= (a + b) / b;
      if (a > 0) gains[a * side + b] = 1 / (a * orders);
      if (b > 0) losses[a * side + b] = 1 / (b * orders);
    }
  }
  return [gains, losses];
}
