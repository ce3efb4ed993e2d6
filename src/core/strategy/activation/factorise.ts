/** Non-negative matrix factorisation with multiplicative updates. */

/** Keeps the ratios finite where a component is zero. */
const EPSILON = 1e-12;

/** Factors of a matrix V: V is about W times H. */
export interface Factors {
  /** W, [positions, components]. */
  readonly maps: Float64Array;
  /** H, [components, channels]. */
  readonly concepts: Float64Array;
}

/**
 * Improves factors for the squared error: `H *= (W'V) / (W'WH + eps)`, then `W *= (VH') / (WHH' + eps)`, `rounds` times.
 * @param values V, [positions, channels], no number below zero
 * @see https://papers.nips.cc/paper/1861-algorithms-for-non-negative-matrix-factorization
 */
export function factorise(values: Float64Array, components: number, start: Factors, rounds: number): Factors {
  const positions = start.maps.length / components;
  const channels = start.concepts.length / components;
  const { maps, concepts } = { maps: start.maps.slice(), concepts: start.concepts.slice() };
  for (let round = 0; round < rounds; round++) {
    const mapsGram = products(maps, components, 1, maps, components, 1, positions, [components, components]);
    const above = products(maps, components, 1, values, channels, 1, positions, [components, channels]);
    scale(
      concepts,
      above,
      products(mapsGram, 1, components, concepts, channels, 1, components, [components, channels]),
    );
    const conceptsGram = products(concepts, 1, channels, concepts, 1, channels, channels, [components, components]);
    const shown = products(values, 1, channels, concepts, 1, channels, channels, [positions, components]);
    scale(maps, shown, products(maps, 1, components, conceptsGram, components, 1, components, [positions, components]));
  }
  return { maps, concepts };
}

/** `factor *= above / (below + eps)`, element by element. */
function scale(factor: Float64Array, above: Float64Array, below: Float64Array): void {
  for (let i = 0; i < factor.length; i++) {
    factor[i] = ((factor[i] as number) * (above[i] as number)) / ((below[i] as number) + EPSILON);
  }
}

/** Sums over k of `a[k stepA + i nextA] b[k stepB + j nextB]` for all i and j. */
function products(
  a: Float64Array,
  stepA: number,
  nextA: number,
  b: Float64Array,
  stepB: number,
  nextB: number,
  inner: number,
  [rows, columns]: readonly [number, number],
): Float64Array {
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < inner; k++) {
      const factor = a[k * stepA + i * nextA] as number;
      if (factor === 0) continue;
      for (let j = 0; j < columns; j++) {
        out[i * columns + j] = (out[i * columns + j] as number) + factor * (b[k * stepB + j * nextB] as number);
      }
    }
  }
  return out;
}
