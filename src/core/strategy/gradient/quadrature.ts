/** Nodes and weights on [0, 1] for integrals along a path. */
import { z } from 'zod';

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

export interface Nodes {
  /** Positions on [0, 1], ascending. */
  readonly alphas: Float64Array;
  /** They sum to one. */
  readonly weights: Float64Array;
}

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

/** Roots of the Legendre polynomial by Newton's method, from the cosine estimate of Tricomi. */
function gaussLegendre(count: number): Nodes {
  const alphas = new Float64Array(count);
  const weights = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    let x = Math.cos((Math.PI * (i + 0.75)) / (count + 0.5));
    let slope = 1;
    for (let step = 0; step < 100; step++) {
      const { value, derivative } = legendre(count, x);
      slope = derivative;
      const change = value / derivative;
      x -= change;
      if (Math.abs(change) < 1e-16) break;
    }
    alphas[count - 1 - i] = (1 + x) / 2;
    weights[count - 1 - i] = 1 / ((1 - x * x) * slope * slope);
  }
  return { alphas, weights };
}

function legendre(degree: number, x: number): { value: number; derivative: number } {
  let [before, value] = [1, x];
  for (let n = 2; n <= degree; n++) [before, value] = [value, ((2 * n - 1) * x * value - (n - 1) * before) / n];
  return { value, derivative: (degree * (x * value - before)) / (x * x - 1) };
}
