/**
 * Path-dependent TreeSHAP: Shapley values in which a split on an absent column sends the row down both sides, by the
 * shares of training rows that went there. The values are those of Lundberg's Algorithm 2.
 *
 * The value of a leaf times its weight for a coalition is a product over the players on its path: `o` (1 where the row
 * goes that way, else 0) for those that are there, `z` (the product of the shares) for those that are absent. A Shapley
 * value of such a game is the integral over t from 0 to 1 of its derivative along the diagonal,
 *   v (o_i - z_i) * product over j other than i of (z_j + t (o_j - z_j)),
 * a polynomial whose degree is below the depth: Gauss-Legendre quadrature with half as many nodes is exact. One walk
 * through the tree gives all of them, in (splits) x (nodes of the quadrature), and nothing is divided by a small number.
 *
 * @see Lundberg, Erion and Lee 2018, Consistent individualized feature attribution for tree ensembles, Algorithm 2
 * @see Owen 1972, Multilinear extensions of games
 */
import { WhylightError } from '../errors.ts';
import { gaussLegendre } from '../tensor/gauss-legendre.ts';
import type { ScalarTrees } from './scalar.ts';

export interface PathDependentInput {
  /** Values of the explained rows: [rows, columns]. */
  readonly rows: Float64Array;
  readonly columns: number;
  /** Player of each column. */
  readonly players: Int32Array;
  /** Number of players. */
  readonly count: number;
  /** Share of the training rows at each split that went low. */
  readonly lowShare: Float64Array;
}

/** Deeper trees would exhaust the call stack. */
const MAX_DEPTH = 1000;

/** Adds the Shapley values of all trees onto `out`: [rows, count]. */
export function addPathDependent(trees: ScalarTrees, input: PathDependentInput, out: Float64Array): void {
  const { depth } = trees.ensemble;
  if (depth > MAX_DEPTH) {
    throw new WhylightError(
      'unprocessable_method',
      `The trees are ${depth} splits deep; path-dependent TreeSHAP goes to ${MAX_DEPTH}. Use the interventional form.`,
      { depth, max: MAX_DEPTH },
    );
  }
  const walk = new TreeWalk(trees, input);
  const rowCount = input.rows.length / input.columns;
  for (const root of trees.roots) {
    for (let row = 0; row < rowCount; row++) walk.run(root, row * input.columns, out, row * input.count);
  }
}

/** Mean of the trees' sum over the training rows, by their shares. */
export function pathDependentMean({ ensemble, value, roots }: ScalarTrees, lowShare: Float64Array): number {
  const { column, low, high } = ensemble;
  const reach = new Float64Array(column.length);
  for (const root of roots) reach[root] = 1;
  let mean = 0;
  // Children come after their parents.
  for (let node = 0; node < column.length; node++) {
    const mass = reach[node] as number;
    if (mass === 0) continue;
    if ((column[node] as number) < 0) {
      mean += mass * (value[node] as number);
      continue;
    }
    const share = lowShare[node] as number;
    reach[low[node] as number] = (reach[low[node] as number] as number) + mass * share;
    reach[high[node] as number] = (reach[high[node] as number] as number) + mass * (1 - share);
  }
  return mean;
}

/** Walks of rows through a tree, with the memory that they take. */
class TreeWalk {
  private readonly trees: ScalarTrees;
  private readonly input: PathDependentInput;
  /** `t` at the nodes of the quadrature, and the weights of these. */
  private readonly t: Float64Array;
  private readonly w: Float64Array;
  /** By level and node of the quadrature: the product over the players above, and the sum over the leaves below. */
  private readonly product: Float64Array;
  private readonly sum: Float64Array;
  /** For each player on the path: product of its shares when absent, and (`present`) 1 where the row takes the path. */
  private readonly absent: Float64Array;
  private readonly present: Uint8Array;
  private row = 0;
  private outAt = 0;
  private out: Float64Array = new Float64Array();

  constructor(trees: ScalarTrees, input: PathDependentInput) {
    const { depth } = trees.ensemble;
    const { alphas, weights } = gaussLegendre(Math.max(1, Math.ceil(Math.min(depth, input.count) / 2)));
    this.trees = trees;
    this.input = input;
    this.t = alphas;
    this.w = weights;
    this.product = new Float64Array((depth + 1) * alphas.length).fill(1);
    this.sum = new Float64Array((depth + 1) * alphas.length);
    this.absent = new Float64Array(input.count).fill(1);
    this.present = new Uint8Array(input.count).fill(1);
  }

  run(root: number, row: number, out: Float64Array, outAt: number): void {
    this.row = row;
    this.out = out;
    this.outAt = outAt;
    this.visit(root, 0);
  }

  /** Leaves the sum over the leaves below `node`, for each node of the quadrature, in `sum` at `level`. */
  private visit(node: number, level: number): void {
    const { column, threshold, low, high, nanLow } = this.trees.ensemble;
    const { product, sum, t } = this;
    const [from, count] = [level * t.length, t.length];
    const at = column[node] as number;
    if (at < 0) {
      const value = this.trees.value[node] as number;
      for (let q = from; q < from + count; q++) sum[q] = value * (product[q] as number);
      return;
    }
    const value = this.input.rows[this.row + at] as number;
    const goesLow = value <= (threshold[node] as number) || (nanLow[node] === 1 && Number.isNaN(value));
    const player = this.input.players[at] as number;
    const share = this.input.lowShare[node] as number;
    for (let q = from; q < from + count; q++) sum[q] = 0;
    this.follow(low[node] as number, player, share, goesLow, level);
    this.follow(high[node] as number, player, 1 - share, !goesLow, level);
  }

  /** One side of a split: `share` of the training rows went there, and perhaps the row does. */
  private follow(child: number, player: number, share: number, goes: boolean, level: number): void {
    const { absent, present, product, sum, t, w, out, outAt } = this;
    const [oldZ, oldO] = [absent[player] as number, present[player] as number];
    const [z, o] = [oldZ * share, goes ? oldO : 0];
    // No coalition comes here.
    if (z === 0 && o === 0) return;
    const [count, from, to] = [t.length, level * t.length, (level + 1) * t.length];
    for (let q = 0; q < count; q++) {
      const tq = t[q] as number;
      product[to + q] = ((product[from + q] as number) * (z + tq * (o - z))) / (oldZ + tq * (oldO - oldZ));
    }
    absent[player] = z;
    present[player] = o;
    this.visit(child, level + 1);
    absent[player] = oldZ;
    present[player] = oldO;
    let gain = 0;
    for (let q = 0; q < count; q++) {
      const [tq, below] = [t[q] as number, sum[to + q] as number];
      sum[from + q] = (sum[from + q] as number) + below;
      // What a split on the same player further up adds for these leaves is taken back here.
      const slope = (o - z) / (z + tq * (o - z)) - (oldO - oldZ) / (oldZ + tq * (oldO - oldZ));
      gain += (w[q] as number) * below * slope;
    }
    out[outAt + player] = (out[outAt + player] as number) + gain;
  }
}
