/** Decides where a request runs: in the isolate that received it, at an origin, or later as a job. A pure function. */
import type { Estimate } from '../../core/plan/cost.ts';

export type Route = 'edge' | 'origin' | 'job';
export const ROUTES = ['auto', 'edge', 'origin', 'job'] as const;
export type WantedRoute = (typeof ROUTES)[number];

export interface Situation {
  readonly estimate: Pick<Estimate, 'milliseconds' | 'bytes'>;
  /** Number of rows that the request evaluates, and the maxima at the edge and elsewhere. */
  readonly samples: { readonly needed: number; readonly edge: number; readonly elsewhere: number };
  /** Route that the request asks for. */
  readonly wanted: WantedRoute;
  /** Routes that the tenant may use. */
  readonly allowed: readonly Route[];
  /** Limits of an isolate. */
  readonly edge: { readonly milliseconds: number; readonly bytes: number };
  /** Absent when there are no origins. */
  readonly origin?: {
    /** True if one of them is healthy, as far as is known. */
    readonly available: boolean;
    /** Estimated time of the request there. */
    readonly milliseconds: number;
  };
  /** True if there is a queue, and the request fits the limits of a job. */
  readonly jobs: boolean;
  /** Milliseconds that the client will wait. */
  readonly deadline?: number;
}

/** `unavailable`: no origin is healthy now, but one could run it; `none`: the request cannot run at all. */
export interface Decision {
  readonly route: Route | 'unavailable' | 'none';
  /** Reason, as a clause that can follow a colon. */
  readonly why: string;
}

const MIB = 2 ** 20;

/** Decides on a route. */
export function decide(situation: Situation): Decision {
  const { samples, origin, jobs, deadline = Infinity } = situation;
  const { needed } = samples;
  if (needed > Math.max(samples.edge, samples.elsewhere)) {
    return { route: 'none', why: `it takes ${needed} rows, and ${samples.elsewhere} are allowed` };
  }
  const refusal = edgeRefusal(situation);
  if (refusal === undefined) return { route: 'edge', why: `${needsOf(situation)}, which an isolate has` };
  const inTime = origin !== undefined && origin.milliseconds <= deadline;
  if (may(situation, 'origin') && origin?.available && inTime) return { route: 'origin', why: refusal };
  if (may(situation, 'job') && jobs) {
    return { route: 'job', why: origin && !inTime ? `${refusal}; an origin would miss the deadline` : refusal };
  }
  return noRoute(situation, refusal);
}

const may = ({ allowed, wanted }: Situation, route: Route): boolean =>
  allowed.includes(route) && (wanted === 'auto' || wanted === route);

const needsOf = ({ estimate }: Situation): string =>
  `it takes about ${milliseconds(estimate.milliseconds)} and ${Math.ceil(estimate.bytes / MIB)} MiB`;

/** Returns the reason why the request does not run at the edge; undefined when it does. */
function edgeRefusal(situation: Situation): string | undefined {
  const { estimate, samples, wanted, edge, deadline = Infinity } = situation;
  if (!may(situation, 'edge')) return wanted === 'auto' ? 'the edge is not allowed' : `route=${wanted} was requested`;
  const time = Math.min(edge.milliseconds, deadline);
  if (estimate.bytes > edge.bytes) {
    return `${needsOf(situation)}, and an isolate has ${Math.floor(edge.bytes / MIB)} MiB`;
  }
  if (estimate.milliseconds > time) return `${needsOf(situation)}, and the edge may take ${milliseconds(time)}`;
  if (samples.needed > samples.edge) {
    return `it takes ${samples.needed} rows, and the edge may evaluate ${samples.edge}`;
  }
  return undefined;
}

function noRoute(situation: Situation, refusal: string): Decision {
  const { origin, wanted } = situation;
  if (may(situation, 'origin') && origin) {
    if (!origin.available) return { route: 'unavailable', why: 'no origin is healthy' };
    const there = milliseconds(origin.milliseconds);
    return { route: 'none', why: `${needsOf(situation)} at the edge and ${there} at an origin, past the deadline` };
  }
  if (wanted === 'origin') return { route: 'none', why: 'there is no origin' };
  if (wanted === 'job') {
    const why = 'it cannot run as a job here: there is no queue, or it takes more rows or memory than a job may';
    return { route: 'none', why };
  }
  return { route: 'none', why: may(situation, 'edge') ? refusal : 'none of the remaining routes is allowed' };
}

const milliseconds = (value: number): string =>
  value < 1000 ? `${Math.ceil(value)} ms` : `${(value / 1000).toFixed(value < 10_000 ? 1 : 0)} s`;
