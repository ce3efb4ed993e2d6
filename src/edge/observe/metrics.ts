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

/** A run that an edge sent here: its answer's head is ready long before it ends. */
export interface RunFacts {
  readonly model: string;
  readonly method: string;
  /** Of the error; empty for what went well. */
  readonly code: string;
  /** Milliseconds from its turn in the line to its end. */
  readonly ms: number;
  readonly samples: number;
}

export interface Metrics {
  /** Must neither throw nor wait. */
  count(facts: RequestFacts): void;
  /** The same of a run at an origin. */
  ran?(facts: RunFacts): void;
  /** Everything counted so far, where that can be read back. */
  text?(): { readonly body: string; readonly type: string };
}

/** For those who do not count. */
export const noMetrics: Metrics = { count: () => {} };
