/** Assertion of the contract suites. */

/** @throws Error with what is wrong */
export function expect(holds: boolean, problem: string): asserts holds {
  if (!holds) throw new Error(problem);
}
