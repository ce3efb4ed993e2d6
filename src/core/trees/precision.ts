/** Neighbours of floating point numbers. */

const float32 = new Float32Array(1);
const bits32 = new Int32Array(float32.buffer);
const float64 = new Float64Array(1);
const bits64 = new BigInt64Array(float64.buffer);

/** The largest float32 below `x`, which is one itself. */
export function belowFloat32(x: number): number {
  if (Number.isNaN(x) || x === Number.NEGATIVE_INFINITY) return x;
  float32[0] = x === 0 ? 0 : x;
  if (x === 0) return -1.401298464324817e-45;
  bits32[0] = (bits32[0] as number) + (x > 0 ? -1 : 1);
  return float32[0] as number;
}

/** The largest double below `x`. */
export function belowFloat64(x: number): number {
  if (Number.isNaN(x) || x === Number.NEGATIVE_INFINITY) return x;
  if (x === 0) return -Number.MIN_VALUE;
  float64[0] = x;
  bits64[0] = (bits64[0] as bigint) + (x > 0 ? -1n : 1n);
  return float64[0] as number;
}
