/** Nodes of a tree ensemble as they are written, in arrays that grow. */
import type { TreeEnsemble } from './ensemble.ts';

/** One leaf weight of a file: the raw score it adds to, and how much. */
export interface Weight {
  readonly target: number;
  readonly value: number;
}

type Arrays = Pick<
  TreeEnsemble,
  'column' | 'threshold' | 'low' | 'high' | 'nanLow' | 'weightStart' | 'weightTarget' | 'weight'
>;

export class TreeWriter {
  private size = 0;
  private weights = 0;
  private column: Int32Array;
  private threshold: Float64Array;
  private low: Int32Array;
  private high: Int32Array;
  private nanLow: Uint8Array;
  private weightStart: Int32Array;
  private weightTarget: Int32Array;
  private weight: Float64Array;

  /**
   * @param nodes expected number of nodes
   * @param weights expected number of leaf weights
   */
  constructor(nodes: number, weights: number) {
    this.column = new Int32Array(nodes);
    this.threshold = new Float64Array(nodes);
    this.low = new Int32Array(nodes);
    this.high = new Int32Array(nodes);
    this.nanLow = new Uint8Array(nodes);
    this.weightStart = new Int32Array(nodes + 1);
    this.weightTarget = new Int32Array(weights);
    this.weight = new Float64Array(weights);
  }

  /** Number of nodes so far, which is the index of the next one. */
  get length(): number {
    return this.size;
  }

  /** Writes a split whose children are named afterwards, by {@link link}. */
  split(column: number, threshold: number, nanLow: boolean): number {
    const node = this.next();
    this.column[node] = column;
    this.threshold[node] = threshold;
    this.nanLow[node] = nanLow ? 1 : 0;
    return node;
  }

  link(node: number, side: 'low' | 'high', child: number): void {
    this[side][node] = child;
  }

  /** Child of a node; 0, which is a root and nobody's child, where there is none yet. */
  child(node: number, side: 'low' | 'high'): number {
    return this[side][node] as number;
  }

  leaf(weights: readonly Weight[]): number {
    const node = this.next();
    this.column[node] = -1;
    for (const { target, value } of weights) {
      if (this.weights === this.weight.length) {
        this.weightTarget = grown(this.weightTarget);
        this.weight = grown(this.weight);
      }
      this.weightTarget[this.weights] = target;
      this.weight[this.weights++] = value;
    }
    this.weightStart[this.size] = this.weights;
    return node;
  }

  finish(): Arrays {
    const [n, w] = [this.size, this.weights];
    return {
      column: trimmed(this.column, n),
      threshold: trimmed(this.threshold, n),
      low: trimmed(this.low, n),
      high: trimmed(this.high, n),
      nanLow: trimmed(this.nanLow, n),
      weightStart: trimmed(this.weightStart, n + 1),
      weightTarget: trimmed(this.weightTarget, w),
      weight: trimmed(this.weight, w),
    };
  }

  private next(): number {
    if (this.size === this.column.length) {
      this.column = grown(this.column);
      this.threshold = grown(this.threshold);
      this.low = grown(this.low);
      this.high = grown(this.high);
      this.nanLow = grown(this.nanLow);
      this.weightStart = grown(this.weightStart);
    }
    this.weightStart[this.size + 1] = this.weights;
    return this.size++;
  }
}

/** The array itself where it is full, which spares a second copy of a large forest. */
const trimmed = <A extends Int32Array | Float64Array | Uint8Array>(array: A, length: number): A =>
  array.length === length ? array : (array.slice(0, length) as A);

function grown<A extends Int32Array | Float64Array | Uint8Array>(array: A): A {
  const larger = new (array.constructor as new (length: number) => A)(2 * array.length + 16);
  larger.set(array);
  return larger;
}
