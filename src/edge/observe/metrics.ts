/** Metrics of requests. Sinks are Analytics Engine and Prometheus. */

export interface RequestFacts {
  /** HTTP method. */
  readonly verb: string;
  /** The route's pattern, never the path: `/v2/models/:model/explain`. */
  readonly route: string;
  readonly status: number;
  /** Error code; empty for a success. */
  readonly code: string;
  readonly tenant: string;
  readonly model: string;
  /** Id of the saliency method. */
  readonly method: string;
  /** `hit`, `miss`, `joined`, `bypass`, or empty where nothing is cached. */
  readonly cache: string;
  /** Milliseconds until the answer's head was ready. The clock of a Worker stands still while it computes. */
  readonly ms: number;
  /** Rows that ran through the model. */
  readonly samples: number;
}

/** Facts of a run. At an origin its response begins long before it ends, so the request's own duration says little. */
export interface RunFacts {
  readonly tenant: string;
  readonly model: string;
  readonly method: string;
  /** Error code; empty for a success. */
  readonly code: string;
  /** `edge`, `origin` or `job`. */
  readonly route: string;
  /** Milliseconds from its turn in the queue to its end. */
  readonly ms: number;
  /** Milliseconds in the queue. */
  readonly queueMs: number;
  readonly samples: number;
}

export interface Metrics {
  /** Records a request. Must neither throw nor block. */
  count(facts: RequestFacts): void;
  /** Records a run. Must neither throw nor block. */
  ran?(facts: RunFacts): void;
  /** Returns all metrics, on sinks that hold them. */
  text?(): { readonly body: string; readonly type: string };
}

/** A sink that discards everything. */
export const noMetrics: Metrics = { count: () => {} };
