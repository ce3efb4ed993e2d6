/** Limits on what one request may use on this server. */

/** Upper bound on the rows that one request may evaluate at an origin or as a job. */
export const MAX_SAMPLES = 200_000;

export interface Limits {
  /** Bytes of a request body. */
  readonly maxBody: number;
  /** Pixels of an image, as its header declares them. */
  readonly maxPixels: number;
  /** Rows that one request may evaluate here. */
  readonly maxSamples: number;
  /** Milliseconds that one request may compute here. */
  readonly edgeMs: number;
  /** Bytes of memory that the engine may take here. */
  readonly edgeBytes: number;
}
