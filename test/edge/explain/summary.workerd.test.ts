import { describe, expect, it } from 'vitest';
import { appWith, type Output, outputsOf, pixels, tensorRequest } from '../../support/app.ts';

const ask = appWith();
const EXPLAIN = '/v2/models/cifar10/explain';
const SIDE = 32;
const CELLS = ['top left', 'top', 'top right', 'left', 'centre', 'right', 'bottom left', 'bottom', 'bottom right'];

const explained = async (parameters: object, data: readonly number[] = pixels(5), rows = 1) =>
  outputsOf(await ask(EXPLAIN, tensorRequest(parameters, data, [rows, 3, SIDE, SIDE])));
const textOf = ({ summary }: Record<string, Output>): string => String(summary?.data[0]);
const third = (at: number): number => Math.floor(((at + 0.5) * 3) / SIDE);
const cellOf = (pixel: number): number => 3 * third(Math.floor(pixel / SIDE)) + third(pixel % SIDE);

/** The share of what is above zero (or below, with `sign` -1) that lies in each cell. */
function shares(map: readonly number[], sign: 1 | -1): number[] {
  const sums = CELLS.map(() => 0);
  for (const [pixel, value] of map.entries())
    sums[cellOf(pixel)] = (sums[cellOf(pixel)] ?? 0) + Math.max(0, sign * value);
  const all = sums.reduce((a, b) => a + b, 0);
  return sums.map((sum) => sum / all);
}

/** As the summary writes it. */
const percent = (share: number): string =>
  `${100 * share < 10 ? Number((100 * share).toPrecision(2)) : Math.round(100 * share)} %`;

/** The image with the mean of each channel in one cell. */
function without(cell: number, data: readonly number[]): number[] {
  const size = SIDE * SIDE;
  const means = [0, 1, 2].map((c) => data.slice(c * size, (c + 1) * size).reduce((a, b) => a + b, 0) / size);
  return data.map((value, i) => (cellOf(i % size) === cell ? (means[Math.floor(i / size)] as number) : value));
}

describe('the summary of an explanation', () => {
  it('is present only when it is requested', async () => {
    expect((await explained({ method: 'grad_cam' })).summary).toBeUndefined();
    const { summary } = await explained({ method: 'grad_cam', summary: true });
    expect(summary).toMatchObject({ datatype: 'BYTES', shape: [1] });
  });

  it.each(['integrated_gradients', 'occlusion', 'input_x_gradient'])(
    'names the strongest regions of %s and the negative share',
    async (method) => {
      const outputs = await explained({ method, summary: true, target: 'dog', reduction: 'sum' });
      const text = textOf(outputs);
      expect(text).toContain(`Explanation of class dog (score ${Number(outputs.scores?.data[0]).toFixed(3)}).`);
      const map = outputs.attribution?.data as readonly number[];
      for (const [sign, before] of [
        [1, /\)\. (.*? of the positive attribution .*?)\./],
        [-1, /evidence against dog; (.*?)\./],
      ] as const) {
        const parts = shares(map, sign);
        const [most = 0, ...rest] = [...parts.keys()].sort((a, b) => (parts[b] ?? 0) - (parts[a] ?? 0));
        const named = before.exec(text.replaceAll(/(\d)\.(\d)/g, '$1,$2'))?.[1]?.replaceAll(',', '.') ?? '';
        expect(named).toContain(
          `${percent(parts[most] ?? 0)} of ${sign > 0 ? 'the positive attribution' : 'it'} is in the ${CELLS[most]} region`,
        );
        expect(named).toContain(`${percent(parts[rest[0] ?? 0] ?? 0)} in the ${CELLS[rest[0] ?? 0]} region`);
      }
      const [above, below] = [1, -1].map((sign) => map.reduce((sum, value) => sum + Math.max(0, sign * value), 0));
      expect(text).toContain(
        `${percent((below ?? 0) / ((above ?? 0) + (below ?? 0)))} of the total attribution is negative, evidence against dog`,
      );
    },
  );

  it.each(['grad_cam', 'integrated_gradients'])(
    'measures the effect of hiding the strongest region of %s',
    async (method) => {
      const data = pixels(6);
      const text = textOf(await explained({ method, summary: true, target: 'cat' }, data));
      const [, part = '', from, to, top] =
        /With the (.*?) region hidden \(replaced by the channel means\), the score \w+ from (\S+) to (\S+), and the top class (.*?)\./.exec(
          text,
        ) ?? [];
      const plain = await explained({ method: 'saliency', target: 'cat' }, data);
      const hidden = await explained({ method: 'saliency', target: 'cat' }, without(CELLS.indexOf(part), data));
      expect([from, to].map(Number)).toEqual([
        expect.closeTo(Number(plain.scores?.data[0]), 2),
        expect.closeTo(Number(hidden.scores?.data[0]), 2),
      ]);
      const best = async (outputs: Record<string, Output>) => String(JSON.stringify(outputs.top_classes?.data[0]));
      expect(await best(hidden)).toContain(/^(?:stays|changes from .* to) (.*)$/.exec(top ?? '')?.[1] ?? '?');
    },
  );

  it('says that unsigned values show no evidence against the class', async () => {
    const text = textOf(await explained({ method: 'saliency', summary: true, target: 'ship' }));
    expect(text).toContain(' of the attribution is in the ');
    expect(text).toContain('The values have no sign, so they do not show evidence against ship.');
  });

  it('has one text for each row, and its extra runs count in the estimate', async () => {
    const { summary } = await explained({ method: 'grad_cam', summary: true }, pixels(7, 2), 2);
    expect(summary).toMatchObject({ shape: [2] });
    expect(new Set(summary?.data).size).toBe(2);
    const cost = async (parameters: object) =>
      (await (await ask(`${EXPLAIN}/estimate`, tensorRequest(parameters))).json()) as { forwards: number };
    const [asked, plain] = [await cost({ method: 'grad_cam', summary: true }), await cost({ method: 'grad_cam' })];
    expect(asked.forwards - plain.forwards).toBe(1);
  });

  it('is cached separately from the answer without it', async () => {
    const state = async (parameters: object) =>
      (await ask(EXPLAIN, tensorRequest({ method: 'grad_cam', ...parameters }, pixels(8)))).headers.get(
        'X-Whylight-Cache',
      );
    expect(await state({})).toBe('miss');
    expect(await state({ summary: true })).toBe('miss');
    expect(await state({ summary: true })).toBe('hit');
  });
});
