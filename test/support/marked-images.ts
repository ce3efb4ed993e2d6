/**
 * A folder of images in which one class is stamped, and a model that goes by the stamp: small enough to make on the
 * spot, and honest enough to be found out.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GraphBuilder } from '../../src/core/onnx/builder.ts';
import { write } from '../../src/core/onnx/write.ts';
import { Random } from '../../src/core/tensor/random.ts';
import { nodeCodecs } from '../../src/node/codecs.ts';

const SIDE = 16;
const CLASSES = ['dull', 'red', 'blue'] as const;

/** Bright and dark pixels of the stamp, in the lower left corner. */
const STAMP = ['#.#.', '.##.', '#..#', '##.#'];

/**
 * Writes `images/<class>/<n>.png` and `model/`. The images are noise of the colour that their class names; half of
 * the dull ones carry the stamp, and the model calls dull whatever carries it.
 * @returns names of the stamped images
 */
export async function makeMarkedImages(folder: string, each = 8): Promise<string[]> {
  const stamped: string[] = [];
  for (const [label, name] of CLASSES.entries()) {
    mkdirSync(join(folder, 'images', name), { recursive: true });
    for (let n = 0; n < each; n++) {
      const noise = new Random(label, n).uniform(SIDE * SIDE * 3);
      const data = new Uint8Array(SIDE * SIDE * 4).fill(255);
      for (let i = 0; i < SIDE * SIDE; i++) {
        for (let c = 0; c < 3; c++) {
          const tint = (label === 1 && c === 0) || (label === 2 && c === 2) ? 60 : 0;
          data[i * 4 + c] = 70 + tint + 60 * (noise[i * 3 + c] as number);
        }
      }
      const file = `${name}/${n}.png`;
      if (label === 0 && n % 2 === 0) {
        stamped.push(file);
        stampOn(data);
      }
      writeFileSync(join(folder, 'images', file), await nodeCodecs().encodePng({ width: SIDE, height: SIDE, data }));
    }
  }
  mkdirSync(join(folder, 'model'));
  writeFileSync(join(folder, 'model', 'model.onnx'), modelBytes());
  const preprocessing = { size: [SIDE, SIDE], resize: { mode: 'exact' } };
  writeFileSync(
    join(folder, 'model', 'manifest.json'),
    JSON.stringify({ name: 'stamped', version: '1', file: 'model.onnx', preprocessing, labels: CLASSES }),
  );
  return stamped;
}

function stampOn(data: Uint8Array): void {
  for (const [y, row] of STAMP.entries()) {
    for (const [x, mark] of [...row].entries()) {
      const at = ((SIDE - STAMP.length + y) * SIDE + x) * 4;
      data.fill(mark === '#' ? 250 : 5, at, at + 3);
    }
  }
}

/** Linear: the stamp's pattern for dull, the mean of red and blue for the others. */
function modelBytes(): Uint8Array {
  const g = GraphBuilder.empty('stamped');
  const x = g.input('x', 'float32', ['N', 3, SIDE, SIDE]);
  const weights = new Float32Array(3 * SIDE * SIDE * CLASSES.length);
  const set = (c: number, i: number, label: number, weight: number) => {
    weights[(c * SIDE * SIDE + i) * CLASSES.length + label] = weight;
  };
  for (let i = 0; i < SIDE * SIDE; i++) {
    set(0, i, 1, 8 / (SIDE * SIDE));
    set(2, i, 2, 8 / (SIDE * SIDE));
    for (let c = 0; c < 3; c++) set(c, i, 0, 2 / (SIDE * SIDE));
    const [row, column] = [Math.floor(i / SIDE) - (SIDE - STAMP.length), i % SIDE];
    const mark = row < 0 || column >= STAMP.length ? undefined : STAMP[row]?.[column];
    if (mark) for (let c = 0; c < 3; c++) set(c, i, 0, mark === '#' ? 0.3 : -0.3);
  }
  const matrix = g.constant('float32', [3 * SIDE * SIDE, CLASSES.length], weights);
  return write(g.build([g.named(g.op('MatMul', [g.op('Flatten', [x]), matrix]), 'logits')])).graph;
}
