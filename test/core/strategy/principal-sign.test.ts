/** Signs of numpy.linalg.svd (OpenBLAS), for matrices that LAPACK reduces in each of its ways. */
import { expect, it } from 'vitest';
import { principalProjection } from '../../../src/core/strategy/activation/principal-component.ts';

/** Numbers from 0 to 1 of a linear congruential generator, less 0.4 and without what is negative then. */
function activations(count: number, seed: number): Float64Array {
  let state = seed;
  return Float64Array.from({ length: count }, () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return Math.max(0, state / 2 ** 31 - 0.4);
  });
}

it.each([
  [4, 9, 1, 0, -1],
  [4, 9, 101, 2, 1],
  [9, 12, 2, 2, 1],
  [9, 12, 102, 4, -1],
  [9, 30, 3, 7, 1],
  [9, 30, 103, 2, 1],
  [16, 20, 4, 1, -1],
  [49, 60, 5, 7, 1],
  [49, 60, 105, 41, 1],
  [49, 96, 6, 40, 1],
  [49, 96, 106, 48, 1],
  [20, 8, 7, 16, -1],
  [20, 8, 107, 14, 1],
  [12, 9, 8, 8, -1],
  [12, 9, 108, 1, 1],
  [30, 28, 9, 22, -1],
  [30, 28, 109, 5, -1],
  [40, 40, 10, 37, -1],
  [40, 40, 110, 31, 1],
  [64, 30, 11, 41, 1],
  [64, 30, 111, 37, 1],
  [100, 32, 12, 25, -1],
  [100, 32, 112, 29, 1],
  [60, 64, 13, 26, -1],
  [60, 64, 113, 14, -1],
  [36, 80, 14, 24, -1],
  [36, 80, 114, 21, -1],
  [80, 50, 15, 57, 1],
  [80, 50, 115, 64, 1],
  [70, 64, 16, 4, 1],
  [70, 64, 116, 1, 1],
])(
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
