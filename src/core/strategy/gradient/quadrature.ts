/** Nodes and weights on [0, 1] for integrals along a path. */
import * as z from 'zod';
import { gaussLegendre, type Nodes } from '../../tensor/gauss-legendre.ts';

export const QUADRATURES = [
  'gausslegendre',
  'riemann_left',
  'riemann_middle',
  'riemann_right',
  'riemann_trapezoid',
  'uniform',
] as const;

export const quadratureParameter = z
  .enum(QUADRATURES)
  .default('gausslegendre')
  .describe(
    'How the integral is approximated: Gauss-Legendre nodes, or equal steps with the value at one side, the middle or both sides; uniform: both ends and equal steps between, all with the same weight, as PAIR.',
  );

export type Quadrature = (typeof QUADRATURES)[number];

/** `count` nodes; with the trapezoid and uniform, the first and the last are 0 and 1. */
export function quadrature(kind: Quadrature, count: number): Nodes {
  if (kind === 'gausslegendre') return gaussLegendre(count);
  if ((kind === 'riemann_trapezoid' || kind === 'uniform') && count > 1) {
    const [last, step] = [count - 1, 1 / (count - 1)];
    return {
      alphas: Float64Array.from({ length: count }, (_, i) => i / last),
      weights:
        kind === 'uniform'
          ? new Float64Array(count).fill(1 / count)
          : Float64Array.from({ length: count }, (_, i) => (i === 0 || i === last ? step / 2 : step)),
    };
  }
  const shift = kind === 'riemann_left' ? 0 : kind === 'riemann_right' ? 1 : 0.5;
  return {
    alphas: Float64Array.from({ length: count }, (_, i) => (i + shift) / count),
    weights: new Float64Array(count).fill(1 / count),
  };
}
