/** Products of vectors with one another. */

/**
 * The products of all pairs of rows, a symmetric matrix: four at a time, so that what is read once serves two of them and
 * the sums stay in registers. Each is added up from first to last.
 * @param rows `count` rows, one after the other
 */
export function gram(rows: Float64Array, count: number): Float64Array {
  const width = rows.length / count;
  const products = new Float64Array(count * count);
  for (let i = 0; i < count; i += 2) {
    // An odd last row is paired with itself.
    const i1 = Math.min(i + 1, count - 1);
    for (let j = i; j < count; j += 2) {
      const j1 = Math.min(j + 1, count - 1);
      const [a, b, c, d] = [i * width, i1 * width, j * width, j1 * width];
      let ac = 0;
      let ad = 0;
      let bc = 0;
      let bd = 0;
      for (let k = 0; k < width; k++) {
        const x = rows[a + k] as number;
        const y = rows[b + k] as number;
        const u = rows[c + k] as number;
        const v = rows[d + k] as number;
        ac += x * u;
        ad += x * v;
        bc += y * u;
        bd += y * v;
      }
      products[i * count + j] = products[j * count + i] = ac;
      products[i * count + j1] = products[j1 * count + i] = ad;
      products[i1 * count + j] = products[j * count + i1] = bc;
      products[i1 * count + j1] = products[j1 * count + i1] = bd;
    }
  }
  return products;
}

/** Euclidean length. */
export function lengthOf(vector: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += (vector[i] as number) ** 2;
  return Math.sqrt(sum);
}
