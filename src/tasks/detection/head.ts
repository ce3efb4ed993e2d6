/** The common form of every detector's raw output: candidates with class scores, and boxes worked out on demand. */

import type { BoxSource } from './box-source.ts';

/** A value for each candidate inside a larger array: candidate `i` is `data[start + i * step]`. */
export interface Column {
  readonly data: Float32Array;
  readonly start: number;
  readonly step: number;
}

/** Probability of every class for each candidate: class `c` of candidate `i` is `data[start + i * step + c * stride]`. */
export interface ClassTable extends Column, Sourced {
  readonly stride: number;
  readonly classes: number;
}

/** Output whose elements scores are: those of class `c` of candidate `i` have the same index as in the table. */
export interface Sourced {
  readonly output: string;
  /** Function from the elements of the output to the scores, a softmax along the last axis; none when absent. */
  readonly activation?: 'sigmoid' | 'softmax';
}

/** Element of an output that says how sure the model is of a key point. */
export interface KeypointElement {
  readonly output: string;
  readonly index: number;
}

/** One class and one score for each candidate, as outputs with suppression inside give them. */
export interface ClassList {
  readonly score: Column & Sourced;
  readonly class: Column;
}

/** Candidates of one output, or of one level of a pyramid. Coordinates are pixels of the model's input tensor. */
export interface Head {
  readonly count: number;
  /** Number of the first candidate among those of all heads. */
  readonly first: number;
  readonly scores: ClassTable | ClassList;
  /** Probability that the candidate holds an object at all. */
  readonly objectness?: Column & Sourced;
  /** Share of the objectness in the confidence: class x objectness, or the square root of that. */
  readonly combine?: 'product' | 'geometric_mean';
  /** Writes `x0, y0, x1, y1` of a candidate to `out[at..at + 3]`; with an angle, of the rectangle before it is turned. */
  box(candidate: number, out: Float64Array, at: number): void;
  /** Formula of the box of a candidate; absent for boxes that are no simple function of four elements. */
  source?(candidate: number): BoxSource;
  /** Radians by which the box of a candidate is turned, x axis towards y axis. */
  angle?(candidate: number): number;
  /** `x, y, score` of each key point of a candidate. */
  keypoints?(candidate: number): [number, number, number][];
  /** Element of the score of a key point; absent where key points have no scores. */
  keypointScore?(candidate: number, point: number): KeypointElement;
  /** Factors of the mask prototypes of a candidate. */
  readonly coefficients?: (candidate: number) => Float32Array;
}

/** Prototypes `[channels, height, width]` that instance masks are sums of, over the whole input tensor. */
export interface Prototypes {
  readonly data: Float32Array;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** A detector's output, ready to be searched. */
export interface Detections {
  readonly heads: readonly Head[];
  readonly prototypes?: Prototypes;
}

export const isTable = (scores: Head['scores']): scores is ClassTable => 'classes' in scores;

/** The value of a column for a candidate. */
export const at = ({ data, start, step }: Column, candidate: number): number =>
  data[start + candidate * step] as number;

/** Confidence of a class probability under the head's objectness. */
export function confidence(head: Head, candidate: number, probability: number): number {
  if (!head.objectness) return probability;
  const product = at(head.objectness, candidate) * probability;
  return head.combine === 'geometric_mean' ? Math.sqrt(Math.max(0, product)) : product;
}
