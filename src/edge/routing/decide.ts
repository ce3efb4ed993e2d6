/** Where a request runs: in the isolate that got it, at an origin, or later as a job. Nothing has run yet. */
import type { Estimate } from '../../core/plan/cost.ts';

export type Route = 'edge' | 'origin' | 'job';
export const ROUTES = ['auto', 'edge', 'origin', 'job'] as const;
export type WantedRoute = (typeof ROUTES)[number];

export interface Situation {
  readonly estimate: Pick<Estimate, 'milliseconds' | 'bytes'>;
  /** Rows that it evaluates, and the most that an isolate and anything else may. */
  readonly samples: { readonly needed: number; readonly edge: number; readonly elsewhere: number };
  /** What the request asks for. */
  readonly wanted: WantedRoute;
  /** What its tenant may have. */
  readonly allowed: readonly Route[];
  /** What an isolate may take. */
  readonly edge: { readonly milliseconds: number; readonly bytes: number };
  /** Absent when there are no origins. */
  readonly origin?: {
    /** One of them is well, as far as is known. */
    readonly available: boolean;
    /** What the request would take there. */
    readonly milliseconds: number;
  };
  /** Whether there is a queue, and a job may take what this does. */
  readonly jobs: boolean;
  /** Milliseconds that the client will wait. */
  readonly deadline?: number;
}

export type Decision =
  | { readonly route: Route; readonly why: string }
  /** No origin is well now: fewer samples at the edge, or a later try. */
  | { readonly route: 'unavailable'; readonly why: string }
  | { readonly route: 'none'; readonly why: string };

const MIB = 2 ** 20;

export function decide({
  estimate,
  samples,
  wanted,
  allowed,
  edge,
  origin,
  jobs,
  deadline = Infinity,
}: Situation): Decision {
  const { needed } = samples;
  if (needed > Math.max(samples.edge, samples.elsewhere)) {
    return { route: 'none', why: `it takes ${needed} rows, and ${samples.elsewhere} are allowed` };
  }
  const may = (route: Route): boolean => allowed.includes(route) && (wanted === 'auto' || wanted === route);
  const needs = `it takes about ${milliseconds(estimate.milliseconds)} and ${Math.ceil(estimate.bytes / MIB)} MiB`;
  const time = Math.min(edge.milliseconds, deadline);
  const fits = estimate.milliseconds <= time && estimate.bytes <= edge.bytes && needed <= samples.edge;
  if (may('edge') && fits) return { route: 'edge', why: `${needs}, which an isolate has` };
  const tooMuch =
    estimate.bytes > edge.bytes
      ? `${needs}, and an isolate has ${Math.floor(edge.bytes / MIB)} MiB`
      : estimate.milliseconds > time
        ? `${needs}, and the edge may take ${milliseconds(time)}`
        : `it takes ${needed} rows, and the edge may evaluate ${samples.edge}`;
  const why = may('edge') ? tooMuch : wanted === 'auto' ? 'the edge is not allowed' : `route=${wanted} was asked for`;
  const inTime = origin !== undefined && origin.milliseconds <= deadline;
  if (may('origin') && origin?.available && inTime) return { route: 'origin', why };
  if (may('job') && jobs)
    return { route: 'job', why: origin && !inTime ? `${why}; an origin would miss the deadline` : why };
  if (may('origin') && origin && !origin.available) return { route: 'unavailable', why: 'no origin is well' };
  if (may('origin') && origin) {
    return {
      route: 'none',
      why: `${needs} at the edge and ${milliseconds(origin.milliseconds)} at an origin, past the deadline`,
    };
  }
  if (wanted === 'origin') return { route: 'none', why: 'there is no origin' };
  if (wanted === 'job')
    return {
      route: 'none',
      why: 'no job can be made of it here: there is no queue, or it takes more rows or memory than a job may',
    };
  return { route: 'none', why: may('edge') ? tooMuch : 'no route is left that is allowed' };
}

const milliseconds = (value: number): string =>
  value < 1000 ? `${Math.ceil(value)} ms` : `${(value / 1000).toFixed(value < 10_000 ? 1 : 0)} s`;
