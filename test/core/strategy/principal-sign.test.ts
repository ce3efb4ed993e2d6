/** Signs of numpy.linalg.svd (OpenBLAS), for matrices that LAPACK reduces in each of its ways. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { principalProjection } from '../../../src/core/strategy/activation/principal-component.ts';

/** Rows of the tables below, as the reference gives them. */
const FIGURES: {
  readonly signs: readonly [number, number, number, number, number][];
} = JSON.parse(readFileSync(new URL('./principal-sign.json', import.meta.url), 'utf8'));

/** Numbers from 0 to 1 of a linear congruential generator, less 0.4 and without what is negative then. */
function activations(count: number, seed: number): Float64Array {
  let state = seed;
  return Float64Array.from({ length: count }, () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return Math.max(0, state / 2 ** 31 - 0.4);
  });
}

it.each(FIGURES.signs)(
  'the component of %d positions and %d channels (seed %d) has at position %d the sign %d',
  (positions, channels, seed, at, sign) => {
    const values = activations(positions * channels, seed);
    expect(Math.sign(principalProjection(values, channels, 'lapack')[at] as number)).toBe(sign);
  },
);

it('the sign does not depend on a factor of the activations', () => {
  const values = activations(49 * 60, 5);
  const large = principalProjection(
    values.map((value) => value * 1e6),
    60,
    'lapack',
  );
  const small = principalProjection(values, 60, 'lapack');
  expect(large.map(Math.sign)).toEqual(small.map(Math.sign));
});
