/** Spans of requests and runs, for a sink that exports them. */
import type { Trace } from './trace-context.ts';

/** A stretch of work of a trace. */
export interface Span {
  readonly name: string;
  /** `server` for a request, whose ids are those of the trace; `internal` for work within it. */
  readonly kind: 'server' | 'internal';
  readonly trace: Trace;
  /** Milliseconds since 1970. */
  readonly start: number;
  readonly end: number;
  /** Error code; absent for a success. */
  readonly error?: string;
  /** Names of tenants, models and methods, and numbers; never inputs, paths or keys. */
  readonly attributes: Readonly<Record<string, string | number>>;
}

export interface Spans {
  /** Takes a span. Must neither throw nor block. */
  add(span: Span): void;
}
