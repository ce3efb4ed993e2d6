import { describe, expect, it } from 'vitest';
import type { ExplainedRow } from '../../../src/core/explainer/explanation.ts';
import type { Feature } from '../../../src/core/modality/modality.ts';
import { float32, tensor } from '../../../src/core/tensor/tensor.ts';
import { isSampled } from '../../../src/edge/drift/observe-drift.ts';
import { type RowFeatures, sharesOf } from '../../../src/edge/drift/shares.ts';
import { analyticsEngineDrift } from '../../../src/edge/drift/sink.ts';
import { PrometheusDrift } from '../../../src/node/drift.ts';

const row = (parts: Partial<ExplainedRow>): ExplainedRow => ({ values: {}, ...parts }) as ExplainedRow;
const valued = (...values: number[]) => row({ features: values.map((value) => ({ name: 'secret word', value })) });
const features = (modality: string, list: Feature[], more: object = {}, inputs = {}): RowFeatures =>
  ({ modality, features: { list, mask: {}, ...more }, inputs }) as RowFeatures;

describe('sharesOf', () => {
  it('adds up the magnitudes of an image in a grid of three by three', () => {
    const data = new Array(36).fill(0);
    data[0] = -3;
    data[35] = 1;
    const shares = sharesOf(row({ map: float32([6, 6], data) }), undefined);
    expect(shares).toMatchObject({ 'top left': 0.75, 'bottom right': 0.25, centre: 0 });
    expect(Object.keys(shares ?? {})).toHaveLength(9);
  });

  it('names columns of a table without their values', () => {
    const list = [
      { name: 'age = 41', key: 'age' },
      { name: 'income = 9', key: 'income' },
    ];
    expect(sharesOf(valued(1, -3), features('tabular', list))).toEqual({ age: 0.25, income: 0.75 });
  });

  it('groups words by their rank in the vocabulary, the rarest token deciding, and never names them', () => {
    const list = [{ name: 'the' }, { name: 'antidisestablishment' }, { name: '[?]' }];
    const ids = tensor('int64', [1, 5], [101, 1996, 2500, 28_000, 102]);
    const mask = { input_ids: Int32Array.of(-1, 0, 1, 1, -1) };
    const shares = sharesOf(valued(1, 1, 2), features('text', list, { mask }, { input_ids: ids }));
    expect(shares).toEqual({
      'words 0 to 999': 0,
      'words 1000 to 2999': 0.25,
      'words 3000 to 9999': 0,
      'words 10000 to 29999': 0.25,
      'words beyond 30000': 0,
      others: 0.5,
    });
  });

  it('takes frequency bands and channels as the modality groups them, and else quarters of the time', () => {
    const list = [0, 1, 0, 1].map((group, i) => ({ name: `${i}`, group, start: i, end: i + 1 }));
    const groups = ['20 to 400 Hz', '400 to 8000 Hz'];
    expect(sharesOf(valued(1, 2, 1, 0), features('audio', list, { groups }))).toEqual({
      '20 to 400 Hz': 0.5,
      '400 to 8000 Hz': 0.5,
    });
    expect(sharesOf(valued(1, 0, 0, 1), features('series', list))).toEqual({
      'first quarter': 0.5,
      'second quarter': 0,
      'third quarter': 0,
      'last quarter': 0.5,
    });
  });

  it('has no shares where nothing was found, or all is zero', () => {
    expect(sharesOf(row({ nothing: 'Nothing was found.' }), undefined)).toBeUndefined();
    expect(sharesOf(row({ map: float32([3, 3], new Array(9).fill(0)) }), undefined)).toBeUndefined();
  });
});

const facts = { model: 'm', version: '2', method: 'rise', label: 'cat', shares: { top: 0.25, centre: 0.75 } };

describe('sinks of shares', () => {
  it('writes one data point for each group to Analytics Engine', () => {
    const points: object[] = [];
    analyticsEngineDrift({ writeDataPoint: (point) => void points.push(point) }, 1).add(facts);
    expect(points).toEqual([
      { indexes: ['m'], blobs: ['m', '2', 'rise', 'cat', 'top'], doubles: [0.25] },
      { indexes: ['m'], blobs: ['m', '2', 'rise', 'cat', 'centre'], doubles: [0.75] },
    ]);
  });

  it('adds up shares and rows for Prometheus, with their mean as a gauge', () => {
    const drift = new PrometheusDrift(1);
    drift.add(facts);
    drift.add({ ...facts, shares: { top: 0.75, centre: 0.25 } });
    const labels = '{model="m",version="2",method="rise",class="cat",group="top"}';
    expect(drift.lines()).toEqual(
      expect.arrayContaining([
        `whylight_attribution_share${labels} 0.5`,
        `whylight_attribution_share_total${labels} 1`,
        `whylight_attribution_rows_total${labels} 2`,
      ]),
    );
  });

  it('has means over all texts that add up to 1, also of words that some texts do not have', () => {
    const drift = new PrometheusDrift(1);
    for (const id of [5, 5, 5, 20_000]) {
      const inputs = { input_ids: tensor('int64', [1, 1], [id]) };
      const row = features('text', [{ name: '?' }], { mask: { input_ids: Int32Array.of(0) } }, inputs);
      drift.add({ ...facts, shares: sharesOf(valued(1), row) ?? {} });
    }
    const means = drift.lines().filter((line) => line.startsWith('whylight_attribution_share{'));
    const meanOf = (line: string) => Number(line.split(' ').at(-1));
    expect(
      means.filter((line) => meanOf(line) > 0).map((line) => [/group="(.*)"/.exec(line)?.[1], meanOf(line)]),
    ).toEqual([
      ['words 0 to 999', 0.75],
      ['words 10000 to 29999', 0.25],
    ]);
  });
});

it('the sample is chosen by digest and seed alone, and has the size that was asked for', async () => {
  expect(await isSampled('image:abc', 3, 1)).toBe(true);
  expect(await isSampled('image:abc', 3, 0)).toBe(false);
  const chosen = await Promise.all(Array.from({ length: 2000 }, (_, i) => isSampled(`image:${i}`, 0, 0.25)));
  expect(chosen.filter(Boolean).length).toBeGreaterThan(430);
  expect(chosen.filter(Boolean).length).toBeLessThan(570);
  expect(await isSampled('image:7', 0, 0.25)).toBe(chosen[7]);
});
