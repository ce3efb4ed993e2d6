/** Matrices in row-major order. */

/** The transpose of a matrix of `count` rows. */
export function transposed<A extends Float32Array | Float64Array>(rows: A, count: number): A {
  const width = rows.length / count;
  const turned = rows.slice();
  for (let row = 0, i = 0; row < count; row++) {
    for (let column = 0; column < width; column++, i++) turned[column * count + row] = rows[i] as number;
  }
  return turned as A;
}
