/** Tables and series: CSV, JSON and NumPy arrays, read and matched with the columns of a model. */
import { readFileSync } from 'node:fs';
import { decodeSeries, SERIES_MEDIA_TYPES } from '../../../src/modalities/series/decode.ts';
import { TABLE_MEDIA_TYPES } from '../../../src/modalities/tabular/decode.ts';
import tabular from '../../../src/modalities/tabular/modality.ts';
import type { Draw } from '../draw.ts';
import { modelContext } from '../model-context.ts';
import { mutateBytes } from '../mutate-bytes.ts';
import { jsonBytes, mutateJson } from '../mutate-json.ts';
import { FuzzFault, type FuzzTarget } from '../target.ts';

const context = await modelContext('models/penguins', 'tabular');
const text = (path: string): Uint8Array => new Uint8Array(readFileSync(path));
const encode = (value: string): Uint8Array => new TextEncoder().encode(value);
const row = {
  island: 'Biscoe',
  bill_length_mm: 39.1,
  bill_depth_mm: null,
  flipper_length_mm: 181,
  body_mass_g: 3750,
  sex: 'male',
};
const TABLE = 1;
const SERIES = 0;
const TYPES = [...TABLE_MEDIA_TYPES, 'text/csv; header=absent', 'text/csv; charset=utf-16le'];
const table = (type: string, bytes: Uint8Array): Uint8Array => Uint8Array.of(TABLE, TYPES.indexOf(type), ...bytes);
const series = (type: (typeof SERIES_MEDIA_TYPES)[number], bytes: Uint8Array): Uint8Array =>
  Uint8Array.of(SERIES, SERIES_MEDIA_TYPES.indexOf(type), ...bytes);
const seeds = [
  table('text/csv', text('examples/data/penguins.csv')),
  table(
    'text/csv',
    encode('island;bill_length_mm;bill_depth_mm;flipper_length_mm;body_mass_g;sex\r\n"Biscoe";39.1;18;181;;male\r\n'),
  ),
  table('text/csv; header=absent', encode('Dream,38.1,17.6,181,3550,female\n')),
  table('text/tab-separated-values', encode(`${Object.keys(row).join('\t')}\nDream\t38.1\t17\t181\t\tfemale\n`)),
  table('application/json', encode(JSON.stringify([row, row]))),
  table('application/json', encode(JSON.stringify({ columns: Object.keys(row), data: [Object.values(row)] }))),
  table('application/x-npy', npy('<f4', [2, 6], new Float32Array([1, 39, 18, 181, 3750, 1, 0, 38, 17, 190, 4000, 0]))),
  series('text/csv', text('examples/data/winter_day.csv')),
  series('text/csv', encode('\ufeff1\t2\t3\n4\t\t6\n')),
  series('application/json', encode('[1, 2.5, -3e4]')),
  series('application/x-npy', npy('<i8', [4], new BigInt64Array([1n, 2n, 3n, 4n]))),
];
const bodies = seeds.map((seed) => seed.subarray(2));

/** The first byte chooses the reader, the second the media type: shrinking keeps both. */
export default {
  id: 'csv',
  seeds,
  mutate: (seed, draw) => Uint8Array.of(...chosen(seed, draw), ...changed(seed.subarray(2), draw)),
  async run(input) {
    const [reader = 0, type = 0] = input;
    const bytes = input.subarray(2);
    if (reader % 2 === SERIES) {
      const { steps, values } = decodeSeries(bytes, SERIES_MEDIA_TYPES[type % SERIES_MEDIA_TYPES.length] as string);
      if (steps === 0 || values.length % steps !== 0) throw new FuzzFault(`${values.length} values in ${steps} steps.`);
      return 'series accepted';
    }
    const raw = await tabular.decode(bytes, TYPES[type % TYPES.length] as string, context);
    const { inputs, features } = await tabular.prepare(raw, context);
    if (features.length === 0 || Object.keys(inputs).length === 0) throw new FuzzFault('A table gave no rows.');
    return 'table accepted';
  },
} satisfies FuzzTarget;

function changed(seed: Uint8Array, draw: Draw): Uint8Array {
  const isJson = seed[0] === 0x5b || seed[0] === 0x7b;
  if (!isJson || draw.oneIn(2)) return mutateBytes(seed, draw, bodies);
  return jsonBytes(mutateJson(JSON.parse(new TextDecoder().decode(seed)), draw), draw);
}

/** Reader and media type, now and then those of another file. */
const chosen = (seed: Uint8Array, draw: Draw): Uint8Array =>
  draw.oneIn(10) ? Uint8Array.of(draw.below(2), draw.below(TYPES.length)) : seed.subarray(0, 2);

function npy(descr: string, shape: readonly number[], data: Float32Array | BigInt64Array): Uint8Array {
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`;
  const header = `${text.padEnd(117)}\n`;
  const head = Uint8Array.from([0x93, ...encode('NUMPY'), 1, 0, 118, 0, ...encode(header)]);
  return Uint8Array.from([...head, ...new Uint8Array(data.buffer)]);
}
