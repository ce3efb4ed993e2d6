import { type Drawing, float32, foldSums, type Modality, svg, svgDocument, WhylightError } from 'whylight/plugin';

const BASES = 'ACGT';

/** Strands of DNA as text, one row a line, for models of one-hot bases [N, length, 4]. Each position is a feature. */
const strands: Modality<readonly string[], string> = {
  apiVersion: 1,
  id: 'dna_strand',
  about: { title: 'Dna Strand', summary: 'Strands of DNA, explained base by base.' },
  accepts: { mediaTypes: ['text/plain'], extensions: ['txt', 'seq'] },
  recognise: ({ inputs: [input] }) => (input?.shape.length === 3 && input.shape[2] === BASES.length ? 0.9 : 0),
  decode(bytes) {
    const read = new TextDecoder().decode(bytes).trim().toUpperCase().split(/\s+/);
    const wrong = read.find((strand) => !/^[ACGT]+$/.test(strand));
    if (wrong === undefined && new Set(read.map(({ length }) => length)).size === 1) return read;
    throw new WhylightError(
      'invalid_request',
      'A body holds strands of A, C, G and T, all of one length, each on a line.',
    );
  },
  prepare(rows, { inputs: [input] }) {
    const { name = 'x', shape = [] } = input ?? {};
    const length = rows[0]?.length ?? 0;
    if (typeof shape[1] === 'number' && shape[1] !== length) {
      throw new WhylightError(
        'invalid_request',
        `The model takes strands of ${shape[1]} bases, but this has ${length}.`,
      );
    }
    const ones = rows.flatMap((strand) => [...strand].flatMap((base) => [...BASES].map((one) => Number(one === base))));
    return {
      inputs: { [name]: float32([rows.length, length, BASES.length], ones) },
      features: rows.map((strand) => ({
        list: [...strand].map((base, at) => ({ name: `${base}${at + 1}`, start: at, end: at + 1 })),
        mask: { [name]: Int32Array.from({ length: length * BASES.length }, (_, i) => Math.floor(i / BASES.length)) },
      })),
      views: rows,
      notices: [],
    };
  },
  absent(prepared, _, __, kind = 'uniform') {
    if (kind !== 'uniform')
      throw new WhylightError('invalid_request', `A base is absent as "uniform", not as "${kind}".`);
    const [[name, one] = ['x', undefined]] = Object.entries(prepared.inputs);
    const dims = [1, ...(one?.dims.slice(1) ?? [])];
    const size = dims.reduce((product, dim) => product * dim, 1);
    return { [name]: float32(dims, Array(size).fill(1 / BASES.length)) };
  },
  fold: foldSums,
  draw: (drawing, format) => (format === 'ansi' ? lines(drawing) : picture(drawing)),
};

export default strands;

const lines = ({ view, values }: Drawing<string>): string =>
  [...view].map((base, i) => `${base} ${(values[i] ?? 0).toFixed(3)}`).join('\n');

/** Bars over the letters; HTML shows the same drawing. */
function picture({ view, values, title = 'Bases' }: Drawing<string>): string {
  const most = Math.max(1e-12, ...Array.from(values, Math.abs));
  const bars = [...view].map((base, i) => {
    const height = (40 * Math.abs(values[i] ?? 0)) / most;
    const fill = (values[i] ?? 0) < 0 ? '#2166ac' : '#b2182b';
    return [
      svg('rect', { x: 10 + 14 * i, y: 50 - height, width: 12, height, fill }),
      svg('text', { x: 12 + 14 * i, y: 66 }, base),
    ];
  });
  return svgDocument({ width: 20 + 14 * view.length, height: 76, title }, bars);
}
