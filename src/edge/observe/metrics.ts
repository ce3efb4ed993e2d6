/** What is counted of each request. Where the figures go is the port's matter: Analytics Engine, Prometheus, nowhere. */

export interface RequestFacts {
  /** HTTP method. */
  readonly verb: string;
  /** The route's pattern, never the path: `/v2/models/:model/explain`. */
  readonly route: string;
  readonly status: number;
  /** Of the problem; empty for what went well. */
  readonly code: string;
  readonly tenant: string;
  readonly model: string;
  /** Id of the saliency method. */
  readonly method: string;
  /** `hit`, `miss`, `bypass`, or empty where nothing is cached. */
  readonly cache: string;
  /** Milliseconds until the answer's head was ready. The clock of a Worker stands still while it computes. */
  readonly ms: number;
  /** Rows that ran through the model. */
  readonly samples: number;
}

export interface Metrics {
  /** Must neither throw nor wait. */
  count(facts: RequestFacts): void;
  /** Everything counted so far, where that can be read back. */
  text?(): { readonly body: string; readonly type: string };
}

/** For those who do not count. */
export const noMetrics: Metrics = { count: () => {} };
