/** Time that engines take for work of several kinds. */

/** Work of one row. */
export interface Work {
  /** FLOPs of products of matrices, attention and convolutions in one group. */
  readonly products: number;
  /** FLOPs of convolutions in several groups. */
  readonly grouped: number;
  /** FLOPs of transposed convolutions in one group. */
  readonly transposed: number;
  /** FLOPs of products of whole numbers; absent in descriptions that earlier versions have stored. */
  readonly quantised?: number;
  /** FLOPs of their convolutions in several groups, likewise. */
  readonly quantisedGrouped?: number;
  /** Elements that all nodes read and write, weights not counted. */
  readonly elements: number;
  readonly nodes: number;
}

/** Milliseconds that an engine takes for 10^9 of a kind, and for 1,000 nodes. */
export interface Rates extends Required<Work> {
  /** Milliseconds of a call beside those of its nodes. */
  readonly call: number;
}

const BILLION = 1e9;
const THOUSAND = 1e3;

/** Milliseconds of this work, without the call. */
export const timeOfWork = (work: Work, rates: Rates): number =>
  (work.products * rates.products +
    work.grouped * rates.grouped +
    work.transposed * rates.transposed +
    (work.quantised ?? 0) * rates.quantised +
    (work.quantisedGrouped ?? 0) * rates.quantisedGrouped +
    work.elements * rates.elements) /
    BILLION +
  (work.nodes * rates.nodes) / THOUSAND;
