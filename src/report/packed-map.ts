/** Small maps in the journal and in the page: a byte for each value. Runs in Node and in browsers. */

/** A map of at most 32 pixels a side, as signed bytes: 127 is the largest absolute value. */
export interface PackedMap {
  readonly width: number;
  readonly height: number;
  /** Base64. */
  readonly data: string;
}

const MAX_SIDE = 32;

/** The map averaged down and rounded to bytes. */
export function packMap(values: Float32Array, [height, width]: readonly [number, number]): PackedMap {
  const scale = Math.min(1, MAX_SIDE / Math.max(height, width));
  const [rows, columns] = [Math.max(1, Math.round(height * scale)), Math.max(1, Math.round(width * scale))];
  const small = new Float64Array(rows * columns);
  for (let y = 0; y < rows; y++) {
    const [top, bottom] = [Math.floor((y * height) / rows), Math.ceil(((y + 1) * height) / rows)];
    for (let x = 0; x < columns; x++) {
      const [left, right] = [Math.floor((x * width) / columns), Math.ceil(((x + 1) * width) / columns)];
      let sum = 0;
      for (let v = top; v < bottom; v++) for (let u = left; u < right; u++) sum += values[v * width + u] as number;
      small[y * columns + x] = sum / ((bottom - top) * (right - left));
    }
  }
  const largest = small.reduce((max, value) => Math.max(max, Math.abs(value)), 0) || 1;
  const bytes = Int8Array.from(small, (value) => Math.round((value / largest) * 127));
  return { width: columns, height: rows, data: btoa(String.fromCharCode(...new Uint8Array(bytes.buffer))) };
}

/** The bytes of a packed map, -127..127. */
export const unpackMap = ({ data }: PackedMap): Int8Array =>
  Int8Array.from(atob(data), (character) => character.charCodeAt(0));
