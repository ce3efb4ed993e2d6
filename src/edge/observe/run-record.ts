/** Record of a run: one log line and one metric, wherever it ran and however it ended. */
import { WhylightError } from '../../core/errors.ts';
import type { Explanation } from '../../core/explainer/explanation.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { Spans } from './spans.ts';
import type { Trace } from './trace-context.ts';

/** End of a run. `refused`: it did not begin; `aborted`: the caller or a deadline ended it; `failed`: anything else. */
export type RunEnd = 'finished' | 'aborted' | 'refused' | 'failed';

/** Place of a run: this server, an origin, or the consumer of jobs. */
type Route = 'edge' | 'origin' | 'job';

/** Facts that are known before a run. */
export interface RunStart {
  readonly tenant: string;
  readonly model: string;
  /** Id of the saliency method. */
  readonly method: string;
  /** Rows of the request, where they are known before it runs. */
  readonly rows?: number;
  /** Id of the job that the run is an attempt of. */
  readonly job?: string;
}

/** Sinks of the record. */
export interface RunSinks {
  readonly log: Log;
  readonly metrics?: Metrics;
  readonly spans?: Spans;
  /** Trace of the request that the run is part of. */
  readonly trace?: Trace;
}

const REFUSALS: ReadonlySet<string> = new Set(['overloaded', 'budget_exceeded', 'origin_unavailable', 'forbidden']);
const ABORTS: ReadonlySet<string> = new Set(['aborted', 'deadline_exceeded']);

/** @param code error code; empty for a success */
export function endOf(code: string): RunEnd {
  if (code === '') return 'finished';
  return ABORTS.has(code) ? 'aborted' : REFUSALS.has(code) ? 'refused' : 'failed';
}

/** Hooks of a run that tell where it runs, and when its turn comes. */
export interface RunMarks {
  /** Marks the end of its time in the queue. */
  begin(): void;
  /** Names the route, once it is decided. */
  on(route: Route): void;
  /** Leaves the run out, since another one takes its place. */
  skip(): void;
}

/**
 * Runs the work and records it.
 * @throws what the work throws
 */
export async function recordRun(
  sinks: RunSinks,
  start: RunStart,
  route: Route,
  work: (marks: RunMarks) => Promise<Explanation>,
): Promise<Explanation> {
  const [at, began] = [Date.now(), performance.now()];
  let [turn, taken, isSkipped] = [began, route, false];
  const marks: RunMarks = {
    begin: () => {
      turn = performance.now();
    },
    on: (decided) => {
      taken = decided;
    },
    skip: () => {
      isSkipped = true;
    },
  };
  const record = (code: string, explanation?: Explanation): void => {
    if (isSkipped) return;
    const ended = performance.now();
    const rows = explanation?.rows.length ?? start.rows ?? 0;
    const ms = { queue: turn - began, engine: explanation?.timings.engine ?? 0, total: ended - began };
    write(sinks, { ...start, rows, route: taken, code, ms, at, samples: explanation ? samplesOf(explanation) : 0 });
  };
  try {
    const explanation = await work(marks);
    record('', explanation);
    return explanation;
  } catch (error) {
    record(WhylightError.is(error) ? error.code : 'internal');
    throw error;
  }
}

/** Rows that an explanation took, forwards and backwards. */
export const samplesOf = ({ samples }: Explanation): number =>
  samples.forwards + samples.backwards + samples.predictions;

interface Ended extends RunStart {
  readonly rows: number;
  readonly route: Route;
  readonly code: string;
  readonly samples: number;
  /** Milliseconds. */
  readonly ms: { readonly queue: number; readonly engine: number; readonly total: number };
  /** Milliseconds since 1970 when it was taken on. */
  readonly at: number;
}

function write({ log, metrics, spans, trace }: RunSinks, run: Ended): void {
  const { ms, at, code, ...facts } = run;
  const end = endOf(code);
  log(end === 'failed' ? 'warn' : 'info', 'run', {
    ...facts,
    end,
    ...(code !== '' && { code }),
    queue_ms: tenths(ms.queue),
    engine_ms: tenths(ms.engine),
    total_ms: tenths(ms.total),
  });
  const { tenant, model, method, route, samples } = facts;
  metrics?.ran?.({ tenant, model, method, route, code, ms: ms.total - ms.queue, queueMs: ms.queue, samples });
  if (!trace || !spans) return;
  spans.add({
    name: `run ${method}`,
    kind: 'internal',
    trace,
    start: at,
    end: at + ms.total,
    ...(code !== '' && { error: code }),
    attributes: { tenant, model, method, route, rows: facts.rows, samples, end, queue_ms: tenths(ms.queue) },
  });
}

const tenths = (ms: number): number => Math.round(ms * 10) / 10;
