import type { Answer } from '../answer.ts';

/** Places of computation in words, by route. */
export const WHERE: Readonly<Record<string, string>> = {
  cache: 'from the cache of the server',
  edge: 'on the server',
  origin: 'on the server (origin)',
  job: 'as a job',
  browser: 'in this browser',
};

/** Id of the method that was used, where another stands in the question (`auto`). */
export const methodUsed = (asked: string, { provenance }: Answer): string =>
  typeof provenance.method === 'string' ? provenance.method : asked;
