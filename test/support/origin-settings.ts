/** Settings of an origin for tests: small, on one thread, and without a log. */
export const ORIGIN = {
  provider: 'cpu',
  runs: 2,
  waiting: 8,
  delay: 1,
  threads: 1,
  log: () => undefined,
};
