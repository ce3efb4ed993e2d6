/** Checks for composition roots. */
import { expect } from 'vitest';
import type { Services } from '../../src/edge/services.ts';

/** Expects that two compositions differ in one part only. */
export function expectOnlyReplaced<Name extends keyof Services>(
  before: Services,
  after: Services,
  name: Name,
  part: Services[Name],
): void {
  expect(after[name]).toBe(part);
  const kinds = (services: Services) =>
    Object.fromEntries(
      Object.entries(services)
        .filter(([other]) => other !== name)
        .map(([other, value]) => [other, typeof value === 'object' ? value.constructor.name : typeof value]),
    );
  expect(kinds(after)).toEqual(kinds(before));
}
