/** Results of methods beside their values: declared, checked, converted, written and drawn. */
import { describe, expect, it } from 'vitest';
import type { ExplainedRow } from '../../../src/core/explainer/explanation.ts';
import { makeImage } from '../../../src/core/image/image.ts';
import type { Attribution, Method } from '../../../src/core/method/contract.ts';
import { checkMethod } from '../../../src/core/method/define.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { explanationImage } from '../../../src/protocol/explanation-image.ts';
import { explanationOutputs, partialOutputs } from '../../../src/protocol/explanation-outputs.ts';
import { pack, unpack } from '../../../src/protocol/packed.ts';
import { imageTensor } from '../../../src/testing/models.ts';
import { explainerOf, openImage } from '../../support/classifiers.ts';
import { method } from '../../support/trial-method.ts';

const SIDE = 8;
const flat = (value: number) => float32([1, 1, SIDE, SIDE], new Float32Array(SIDE * SIDE).fill(value));
const returns = { maps: 'two maps', uncertainty: 'errors', boxes: 'a box', text: 'a sentence' };
const everything: Attribution = {
  values: { image: flat(1) },
  maps: [
    { name: 'head 0', values: { image: flat(2) }, score: 0.5 },
    { name: 'head 1', values: { image: flat(3) }, score: 0.25 },
  ],
  uncertainty: { image: flat(0.1) },
  boxes: [{ name: 'region', box: [0, 2, 4, 8], score: 0.75 }],
  text: 'IF the corner is bright THEN class 1.',
};

const modelled = openImage();

async function explained(attribution: Attribution, parts: Partial<Method> = { returns }, rows = 1) {
  const trial = method({
    about: { ...method({}).about, modalities: ['image'] },
    cost: () => ({ forwards: 0, backwards: 0 }),
    explain: async () => attribution,
    ...parts,
  });
  const image = float32([rows, 3, SIDE, SIDE], Array.from({ length: rows }, () => [...imageTensor().data]).flat());
  return explainerOf([trial]).explain(await modelled, {
    method: 'trial',
    inputs: { image },
    read: { image: { image: { width: 16, height: 32 }, placement: { x: 0, y: 8, width: 16, height: 16 } } },
  });
}

describe('results of a method', () => {
  it('reach the row of the explanation, boxes in pixels of the upright image', async () => {
    const { rows } = await explained(everything);
    const [row] = rows as [ExplainedRow];
    expect(row.maps?.map(({ name, score, map }) => [name, score, map?.dims, map?.data[0]])).toEqual([
      ['head 0', 0.5, [SIDE, SIDE], 2],
      ['head 1', 0.25, [SIDE, SIDE], 3],
    ]);
    expect(row.uncertainty?.map?.data[0]).toBeCloseTo(0.1, 6);
    expect(row.boxes).toEqual([{ name: 'region', box: [0, 12, 8, 24], score: 0.75 }]);
    expect(row.text).toBe(everything.text);
  });

  it('survive packing, as caches, jobs and origins pack them', async () => {
    const explanation = await explained(everything);
    const [row] = unpack<typeof explanation>(pack(explanation))?.rows ?? [];
    expect(row?.maps).toEqual(explanation.rows[0]?.maps);
    expect(row?.uncertainty).toEqual(explanation.rows[0]?.uncertainty);
    expect([row?.boxes, row?.text]).toEqual([explanation.rows[0]?.boxes, everything.text]);
  });

  it.each(Object.keys(returns))('are refused when the method does not declare %s', async (kind) => {
    const { [kind]: _, ...declared } = returns as Record<string, string>;
    const failure = explained(everything, { returns: declared });
    await expect(failure).rejects.toMatchObject({ code: 'method_failed', message: expect.stringContaining(kind) });
  });

  const [first] = everything.maps ?? [];
  it.each<[string, Partial<Attribution>]>([
    ['list of at least one map', { maps: [] }],
    ['names of their own', { maps: [first, first] as never }],
    ['a score for some', { maps: [first, { name: 'b', values: { image: flat(1) } }] as never }],
    [
      'different tensors or shapes',
      {
        maps: [
          { name: 'a', values: { image: flat(1) } },
          { name: 'b', values: { image: float32([1, 3, SIDE, SIDE]) } },
        ],
      },
    ],
    ['no values', { maps: [{ name: 'a', values: {} }] }],
    ['element 0 of the values', { maps: [{ name: 'a', values: { image: flat(Number.NaN) } }] }],
    [
      'an uncertainty of "image" [1, 3, 8, 8], expected "image" [1, 1, 8, 8]',
      { uncertainty: { image: float32([1, 3, SIDE, SIDE]) } },
    ],
    ['the uncertainty -1', { uncertainty: { image: flat(-1) } }],
    ['expected left, top, right, bottom', { boxes: [{ name: 'a', box: [4, 0, 2, 1], score: 1 }] }],
    ['a box without a name', { boxes: [{ name: '', box: [0, 0, 2, 1], score: 1 }] }],
    ['a text without words', { text: ' ' }],
  ])('are refused in another form: %s', async (problem, results) => {
    const failure = explained({ ...everything, ...results });
    await expect(failure).rejects.toMatchObject({ code: 'method_failed', message: expect.stringContaining(problem) });
  });

  it('must be declared with known kinds and phrases', () => {
    expect(() => checkMethod(method({ returns: { charts: 'x' } as never }))).toThrow(/returns may name maps/);
    expect(() => checkMethod(method({ returns: { text: '' } }))).toThrow(/needs a phrase/);
  });
});

describe('outputs of results', () => {
  it('have one map after the other with the row of each', async () => {
    const outputs = explanationOutputs(await explained(everything, { returns }, 2));
    const of = (name: string) => outputs.find((output) => output.name === name)?.value as never;
    expect(of('maps')).toMatchObject({ dims: [4, 1, SIDE, SIDE] });
    expect(of('saliency_maps')).toMatchObject({ dims: [4, SIDE, SIDE] });
    expect(of('map_names')).toEqual({ dims: [4], texts: ['head 0', 'head 1', 'head 0', 'head 1'] });
    expect(of('map_rows')).toMatchObject({ dtype: 'int64', data: BigInt64Array.of(0n, 0n, 1n, 1n) });
    expect(of('map_scores')).toMatchObject({ data: Float32Array.of(0.5, 0.25, 0.5, 0.25) });
    expect(of('uncertainty')).toMatchObject({ dims: [2, 1, SIDE, SIDE] });
    expect(of('uncertainty_map')).toMatchObject({ dims: [2, SIDE, SIDE] });
    expect(of('boxes')).toMatchObject({ dims: [2] });
    expect(of('text')).toEqual({ dims: [2], texts: [everything.text, everything.text] });
  });

  it('are part of partial answers', () => {
    const { outputs } = partialOutputs(0, { ...everything, uncertainty: { values: everything.uncertainty ?? {} } });
    expect(outputs.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['attribution', 'maps', 'map_names', 'uncertainty', 'boxes', 'text']),
    );
  });

  it('hold zeros for a row in which nothing was found', async () => {
    const explanation = await explained(everything);
    const [row] = explanation.rows as [ExplainedRow];
    const nothing = { ...row, values: {}, nothing: 'Nothing was found.' };
    const { map: _, maps: __, uncertainty: ___, ...empty } = nothing;
    const outputs = explanationOutputs({ ...explanation, rows: [empty, row] });
    const attribution = outputs.find(({ name }) => name === 'attribution')?.value as { data: Float32Array };
    expect([attribution.data[0], attribution.data.at(-1)]).toEqual([0, 1]);
    expect(outputs.find(({ name }) => name === 'map_rows')?.value).toMatchObject({ data: BigInt64Array.of(1n, 1n) });
  });
});

describe('drawings of results', () => {
  const photo = makeImage(64, 64);
  const placed = { image: { ...photo, data: photo.data.fill(255) }, placement: { x: 0, y: 0, width: 64, height: 64 } };

  it('show every map on one sheet', async () => {
    const explanation = await explained(everything);
    const one = explanationImage(explanation, placed, {}, false);
    const sheet = explanationImage(explanation, placed, { show: 'maps' }, false);
    expect([one.width, one.height]).toEqual([64, 64]);
    expect(sheet.width * sheet.height).toBeGreaterThan(2 * 64 * 64);
  });

  it('show the box over the map', async () => {
    const explanation = await explained(everything);
    const { boxes: _, ...row } = explanation.rows[0] as ExplainedRow;
    const without = explanationImage({ ...explanation, rows: [row] }, placed, {}, false);
    expect(explanationImage(explanation, placed, {}, false).data).not.toEqual(without.data);
  });

  it.each(['maps', 'uncertainty'] as const)('say that the method returned none for show=%s', async (show) => {
    const explanation = await explained({ values: everything.values });
    expect(() => explanationImage(explanation, placed, { show }, false)).toThrow(`show=${show}: trial returned no`);
  });
});
