/** Nested lists, as JSON writes tensors. */

/** Converts a flat list to nested lists of the shape `dims`; a scalar to a number. */
export function nested(values: readonly number[], dims: readonly number[]): unknown {
  const [dim, ...rest] = dims;
  if (dim === undefined) return values[0];
  if (rest.length === 0) return values;
  const size = values.length / dim;
  return Array.from({ length: dim }, (_, i) => nested(values.slice(i * size, (i + 1) * size), rest));
}
