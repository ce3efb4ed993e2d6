/** Gauss-Legendre quadrature. */

export interface Nodes {
  /** Positions on [0, 1], ascending. */
  readonly alphas: Float64Array;
  /** Weights, which sum to one. */
  readonly weights: Float64Array;
}

/**
 * Nodes and weights of the quadrature with `count` nodes on [0, 1], exact for polynomials of degree `2 count - 1`: the
 * roots of the Legendre polynomial by Newton's method, from the cosine estimate of Tricomi.
 * @see https://dlmf.nist.gov/3.5#v
 */
export function gaussLegendre(count: number): Nodes {
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
