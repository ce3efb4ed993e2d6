import { expect, it } from 'vitest';
import { type Load, predict, simulate } from '../../bench/support/capacity.ts';

const LOAD: Load = {
  rate: 200,
  hits: 0.6,
  heavy: 0.1,
  isolates: 20,
  edgeMs: 120,
  hitMs: 2,
  origins: 8,
  originMs: 700,
  line: 32,
};

it.each([
  ['a light load', LOAD],
  ['a heavier one', { ...LOAD, rate: 240 }],
  ['origins that turn away', { ...LOAD, heavy: 0.2, line: 4 }],
])('the capacity formulas and the simulation agree on %s', (_, load) => {
  const [formula, seen] = [predict(load), simulate(load, 20_000, 1)];
  for (const name of ['isolatesBusy', 'originsBusy', 'isolateWaitMs', 'originWaitMs'] as const) {
    expect(Math.abs(seen[name] / formula[name] - 1), name).toBeLessThan(name.endsWith('Busy') ? 0.02 : 0.12);
  }
  expect(Math.abs(seen.turnedAway - formula.turnedAway)).toBeLessThan(0.02);
});

it('the capacity simulation is deterministic for a seed', () => {
  expect(simulate(LOAD, 100, 3)).toEqual(simulate(LOAD, 100, 3));
  expect(simulate(LOAD, 100, 3)).not.toEqual(simulate(LOAD, 100, 4));
});
