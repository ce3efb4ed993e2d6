/** Expectations that are wrong, with the proof: numbers of inexact engines, and a statement that other cases contradict. */
import { fileURLToPath } from 'node:url';
import type { Expectation, FieldCase } from './expectation.ts';
import { readJson } from './read-json.ts';

interface Correction {
  /** Ends of the names of cases. */
  readonly cases: readonly string[];
  readonly because: string;
  readonly expected: Partial<Expectation>;
}

/** The cases with what corrections.json states in place of their own expectations. */
export async function corrected(cases: readonly FieldCase[]): Promise<FieldCase[]> {
  const corrections = Object.values(
    await readJson(fileURLToPath(new URL('corrections.json', import.meta.url))),
  ) as readonly Correction[];
  return cases.map((one) => {
    const found = corrections.find(({ cases: ends }) =>
      ends.some((end) => one.name === end || one.name.endsWith(`/${end}`)),
    );
    return found ? { ...one, expected: { ...one.expected, ...found.expected } } : one;
  });
}
