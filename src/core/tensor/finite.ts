/** Position of the first NaN or infinity; -1 when there is none. Every input and every answer passes here: a plain loop. */
export function firstNotFinite(data: Float32Array | Float64Array): number {
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return i;
  return -1;
}
