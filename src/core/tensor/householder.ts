/** Householder reductions of a matrix, with the signs of LAPACK's `geqrf` and `gebrd`. Columns lie one after the other. */

export interface Bidiagonal {
  /** Diagonal. */
  readonly d: Float64Array;
  /** Diagonal above; one shorter. */
  readonly e: Float64Array;
}

/**
 * The upper bidiagonal matrix that reflections from both sides leave of a matrix. Each element of it has the sign
 * opposite to that of the element in whose place it comes.
 * @param matrix element `column * rows + row`, with `rows >= columns`; overwritten
 *
 * @see LAPACK, `dgebrd` and `dlarfg`
 */
export function bidiagonal(matrix: Float64Array, rows: number, columns: number): Bidiagonal {
  const [d, e] = [new Float64Array(columns), new Float64Array(Math.max(0, columns - 1))];
  for (let k = 0; k < columns; k++) {
    d[k] = reflectColumns(matrix, rows, columns, k);
    if (k + 1 < columns) e[k] = reflectRows(matrix, rows, columns, k);
  }
  return { d, e };
}

/**
 * The triangle R of a matrix Q R, columns x columns.
 * @param matrix element `column * rows + row`, with `rows >= columns`; overwritten
 */
export function triangle(matrix: Float64Array, rows: number, columns: number): Float64Array {
  const upper = new Float64Array(columns * columns);
  for (let k = 0; k < columns; k++) {
    const own = reflectColumns(matrix, rows, columns, k);
    upper.set(matrix.subarray(k * rows, k * rows + k), k * columns);
    upper[k * columns + k] = own;
  }
  return upper;
}

/** Zeroes column k below the diagonal; returns the element on it. */
function reflectColumns(matrix: Float64Array, rows: number, columns: number, k: number): number {
  const vector = matrix.subarray(k * rows + k, (k + 1) * rows);
  const { own, scale } = reflection(vector);
  if (scale === 0) return own;
  for (let column = k + 1; column < columns; column++) {
    const other = matrix.subarray(column * rows + k, (column + 1) * rows);
    let along = 0;
    for (let i = 0; i < other.length; i++) along += (vector[i] as number) * (other[i] as number);
    along *= scale;
    for (let i = 0; i < other.length; i++) other[i] = (other[i] as number) - along * (vector[i] as number);
  }
  return own;
}

/** Zeroes row k right of the second diagonal; returns the element on it. */
function reflectRows(matrix: Float64Array, rows: number, columns: number, k: number): number {
  const vector = Float64Array.from({ length: columns - k - 1 }, (_, i) => matrix[(k + 1 + i) * rows + k] as number);
  const { own, scale } = reflection(vector);
  if (scale === 0) return own;
  const along = new Float64Array(rows);
  for (const [i, weight] of vector.entries()) {
    const start = (k + 1 + i) * rows;
    for (let row = k + 1; row < rows; row++) {
      along[row] = (along[row] as number) + weight * (matrix[start + row] as number);
    }
  }
  for (const [i, weight] of vector.entries()) {
    const start = (k + 1 + i) * rows;
    for (let row = k + 1; row < rows; row++) {
      matrix[start + row] = (matrix[start + row] as number) - scale * (along[row] as number) * weight;
    }
  }
  return own;
}

/**
 * Turns a vector, in place, into the `v` of the reflection `1 - scale v v^T` that maps it on a multiple of the first
 * axis.
 * @returns that multiple, and a scale of 0 where the vector lies on the axis
 */
function reflection(vector: Float64Array): { readonly own: number; readonly scale: number } {
  const first = vector[0] as number;
  let rest = 0;
  for (let i = 1; i < vector.length; i++) rest += (vector[i] as number) ** 2;
  if (rest === 0) return { own: first, scale: 0 };
  const length = Math.sqrt(first * first + rest);
  const own = first < 0 ? length : -length;
  vector[0] = first - own;
  return { own, scale: 2 / ((first - own) ** 2 + rest) };
}
