/** List prices of Cloudflare's paid plan, and what an explanation costs by them. */

/**
 * Prices in USD beyond what the plan includes. `docs/cloudflare.md` has the same numbers with their sources; a test
 * compares the two.
 */
export const LIST_PRICES = {
  /** Month in which the pages on prices were read. */
  date: 'November 2026',
  /** Base of the plan, per month. */
  plan: 5,
  /** For a million of each. */
  million: {
    requests: 0.3,
    cpuMs: 0.02,
    kvReads: 0.5,
    kvWrites: 5,
    r2Writes: 4.5,
    r2Reads: 0.36,
    durableObjectRequests: 0.15,
    queueOperations: 0.4,
  },
  /** Amounts per month that the plan includes. */
  included: {
    requests: 10_000_000,
    cpuMs: 30_000_000,
    kvReads: 10_000_000,
    kvWrites: 1_000_000,
    r2Writes: 1_000_000,
    r2Reads: 10_000_000,
    durableObjectRequests: 1_000_000,
    queueOperations: 1_000_000,
  },
} as const;

/** Priced operations by name. */
export type Operations = Readonly<Partial<Record<keyof typeof LIST_PRICES.million, number>>>;

/** Milliseconds of processor time that a request takes beside the engine: reading, cache, answering. */
const OTHER_CPU_MS = 3;

/** Operations of an answer from the cache: the location's own copy is free, KV is read without one. */
export const HIT: Operations = { requests: 1, cpuMs: OTHER_CPU_MS, kvReads: 1 };

/** Operations of an explanation in the isolate, which is stored. @param cpuMs milliseconds of the engine */
export const missOf = (cpuMs: number): Operations => ({
  requests: 1,
  cpuMs: cpuMs + OTHER_CPU_MS,
  kvReads: 1,
  kvWrites: 1,
});

/** Seconds between two heartbeats of a job that runs. */
const HEARTBEAT_S = 5;

/**
 * Operations of an explanation as a job: submitted, announced by a queue (written, read and deleted), leased, run, and
 * asked for until it has ended, then read. @param cpuMs milliseconds of the engine
 */
export const jobOf = (cpuMs: number): Operations => ({
  requests: 4,
  cpuMs: cpuMs + 4 * OTHER_CPU_MS,
  durableObjectRequests: 6 + Math.floor(cpuMs / 1000 / HEARTBEAT_S),
  queueOperations: 3,
  r2Writes: 3,
  r2Reads: 3,
  kvReads: 1,
  kvWrites: 1,
});

/** USD of some operations, without what the plan includes. */
export const priceOf = (operations: Operations): number =>
  Object.entries(operations).reduce((sum, [name, count]) => sum + (count * priceEach(name)) / 1e6, 0);

/**
 * USD for many explanations of one kind in a month, with the base of the plan and what it includes.
 * @param operations of one explanation
 */
export const monthOf = (operations: Operations, explanations: number): number =>
  Object.entries(operations).reduce((sum, [name, count]) => {
    const included = LIST_PRICES.included[name as keyof Operations];
    return sum + (Math.max(0, count * explanations - included) * priceEach(name)) / 1e6;
  }, LIST_PRICES.plan as number);

/** Mixture of hits and misses. @param share share of hits, 0 to 1 */
export function mixed(hit: Operations, miss: Operations, share: number): Operations {
  const names = [...new Set([...Object.keys(hit), ...Object.keys(miss)])] as (keyof Operations)[];
  return Object.fromEntries(names.map((name) => [name, share * (hit[name] ?? 0) + (1 - share) * (miss[name] ?? 0)]));
}

const priceEach = (name: string): number => LIST_PRICES.million[name as keyof Operations];
