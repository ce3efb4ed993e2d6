/**
 * Number of runs of the property tests: `FAST_CHECK_RUNS=20 FAST_CHECK_SEED=7 npx vitest run --testTimeout 3000000 ...` tries
 * twenty times as many cases, of another seed than the usual one.
 */
const times = Number(process.env.FAST_CHECK_RUNS ?? 1);

/** The `numRuns` of a property that usually tries `runs` cases. */
export const tries = (runs: number): { numRuns: number } => ({ numRuns: Math.ceil(runs * times) });

/** The milliseconds that a property may take, where its usual cases may take `once`. */
export const patience = (once: number): number => once * Math.max(1, times);
