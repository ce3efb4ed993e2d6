/** Images of 8x8 pixels for the detector of four quarters (`quarters`), and its model file. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { write } from '../../src/core/onnx/write.ts';
import { nodeCodecs } from '../../src/node/codecs.ts';
import { quarters } from './other-models.ts';

export const SIDE = 8;

/** Flags that say how the model takes its images. */
export const QUARTER_FLAGS = ['--resize', 'exact', '--mean', '0', '--std', '1'];

/** @returns path of the model file in the folder */
export function writeQuarters(folder: string): string {
  const model = join(folder, 'quarters.onnx');
  writeFileSync(model, write(quarters()).graph);
  return model;
}

/** Writes a PNG from the grey levels, 0 to 255, of the upper left and upper right quarter and of the lower half. */
export async function writeQuarterImage(path: string, [left, right, rest]: readonly [number, number, number]) {
  const data = new Uint8Array(SIDE * SIDE * 4).fill(255);
  for (let i = 0; i < SIDE * SIDE; i++) {
    const grey = i >= (SIDE * SIDE) / 2 ? rest : i % SIDE < SIDE / 2 ? left : right;
    data.fill(grey, 4 * i, 4 * i + 3);
  }
  writeFileSync(path, await nodeCodecs().encodePng({ width: SIDE, height: SIDE, data }));
}
