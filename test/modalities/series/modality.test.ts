import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Drawing, ModalityContext } from '../../../src/core/modality/modality.ts';
import type { InputFact } from '../../../src/core/model/description.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import series from '../../../src/modalities/series/modality.ts';
import type { Series } from '../../../src/modalities/series/series.ts';
import { inputFact, twoClasses } from '../../support/facts.ts';

const input = (layout: string, shape: (number | string)[], more?: Partial<InputFact>): InputFact =>
  inputFact('x', 'series', layout, shape, more);

const output = twoClasses('y');

const context = (inputs: readonly InputFact[], settings?: unknown): ModalityContext => ({
  inputs,
  settings,
  description: { inputs, outputs: [output], explained: output, doubts: [] },
  files: { read: async () => undefined },
});

const XY = 'x,y\n1,10\n2,20\n3,60';

async function prepared(csv: string, inputs: readonly InputFact[], settings?: unknown) {
  const setting = context(inputs, settings);
  return series.prepare(await series.decode(new TextEncoder().encode(csv), 'text/csv', setting), setting);
}

describe('the modality of time series', () => {
  it.each([
    ['NCT', ['N', 2, 3], [1, 2, 3, 3, 10, 20, 60]],
    ['NTC', ['N', 3, 2], [1, 3, 2, 1, 10, 2, 20, 3, 60]],
    ['TNC', [3, 'N', 2], [3, 1, 2, 1, 10, 2, 20, 3, 60]],
    ['TC', ['?', 2], [3, 2, 1, 10, 2, 20, 3, 60]],
  ])('arranges a series as %s', async (layout, shape, expected) => {
    const { inputs } = await prepared(XY, [input(layout, shape)]);
    expect([...(inputs.x?.dims ?? []), ...(inputs.x?.data ?? [])]).toEqual(
      layout === 'NCT' ? [1, 2, 3, 1, 2, 3, 10, 20, 60] : expected,
    );
  });

  it('names windows of each channel, and sums an attribution over them', async () => {
    const { features } = await prepared(XY, [input('NTC', ['N', 3, 2])], { sampling_rate: 10, windows: 3 });
    const [row] = features;
    expect(row?.list.map(({ name }) => name)).toEqual([
      'x, 0.0 to 0.1 s',
      'x, 0.1 to 0.2 s',
      'x, 0.2 to 0.3 s',
      'y, 0.0 to 0.1 s',
      'y, 0.1 to 0.2 s',
      'y, 0.2 to 0.3 s',
    ]);
    expect(row?.groups).toEqual(['x', 'y']);
    expect([...(row?.mask.x ?? [])]).toEqual([0, 3, 1, 4, 2, 5]);
    const attribution = { x: float32([1, 3, 2], [1, 2, 3, 4, 5, 6]) };
    expect([...series.fold(attribution, row as never)]).toEqual([1, 3, 5, 2, 4, 6]);
  });

  it('treats all channels of a window as one feature when requested', async () => {
    const { features } = await prepared(XY, [input('NCT', ['N', 2, 3])], { features: 'all', windows: 1 });
    expect(features[0]?.list.map(({ name }) => name)).toEqual(['steps 0 to 2']);
    expect([...(features[0]?.mask.x ?? [])]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('puts named channels in the order of the model', async () => {
    const { inputs } = await prepared('y,x\n10,1\n20,2', [input('NTC', ['N', 2, 2])], { channels: ['x', 'y'] });
    expect([...(inputs.x?.data ?? [])]).toEqual([1, 10, 2, 20]);
  });

  it('transposes time and channels when only that fits, with a notice', async () => {
    const { inputs, notices } = await prepared('1,2,3,4', [input('NCT', ['N', 1, 4])]);
    expect(inputs.x?.dims).toEqual([1, 1, 4]);
    expect(notices.slice(1)).toEqual([
      'The series was read as 4 time steps of 1 channel(s), since the model takes that.',
    ]);
  });

  it('normalises each channel to mean 0 and variance 1 when the manifest says so', async () => {
    const { inputs } = await prepared('1\n2\n3\n4', [input('NT', ['N', 4])], { normalize: 'zero_mean_unit_variance' });
    const data = [...((inputs.x?.data ?? []) as Float32Array)];
    expect(data.reduce((a, b) => a + b)).toBeCloseTo(0, 6);
    expect(data.reduce((a, b) => a + b * b, 0) / 4).toBeCloseTo(1, 6);
  });

  it('uses the mean of a channel or zero as absent value', async () => {
    const setting = context([input('NTC', ['N', 3, 2])]);
    const row = await prepared(XY, setting.inputs);
    expect([...((await series.absent(row, 0, setting)).x?.data ?? [])]).toEqual([2, 30, 2, 30, 2, 30]);
    expect([...((await series.absent(row, 0, setting, 'zero')).x?.data ?? [])]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(() => series.absent(row, 0, setting, 'blur')).toThrow('no absence called "blur": use typical, mean, zero');
  });

  it('uses the typical series of the manifest as absent values', async () => {
    const facts = [input('NTC', ['N', 3, 2])];
    const setting = (typical: number[][]) => context(facts, { typical });
    const row = await prepared(XY, facts);
    const typical = setting([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect([...((await series.absent(row, 0, typical)).x?.data ?? [])]).toEqual([1, 4, 2, 5, 3, 6]);
    expect(() => series.absent(row, 0, setting([[1, 2, 3]]))).toThrow(
      'has to be 2 channels of 3 steps, but it is 1 channel of 3 steps',
    );
  });

  it('keeps missing values only for models that support them', async () => {
    const gap = 'x\n1\n2\nNaN\n3';
    await expect(prepared(gap, [input('NT', ['N', 4])])).rejects.toThrow(
      '1 of 4 values are missing, the first at step 2 of "x"',
    );
    const { inputs } = await prepared(gap, [input('NT', ['N', 4])], { missing: 'keep' });
    expect([...(inputs.x?.data ?? [])]).toEqual([1, 2, NaN, 3]);
  });

  it.each([
    [
      XY,
      [input('NCT', ['N', 2, 5])],
      undefined,
      'The series has 3 time steps of 2 channel(s), but the model takes 5 time steps of 2 channels',
    ],
    [XY, [input('NCT', ['N', 2, 3])], { channels: ['x', 'yy'] }, 'missing "yy"; unknown "y"; "y" is perhaps "yy"'],
    ['1,2\n3,4', [input('NTC', ['N', 2, 2])], { channels: ['a', 'b', 'c'] }, 'the model takes 3: a, b, c'],
    [
      XY,
      [input('NCHW', ['N', 1, 3, 2], { layout: { value: 'NC??', source: 'default' } })],
      undefined,
      'does not say where time runs',
    ],
    [
      XY,
      [input('NCT', ['N', 2, 3]), input('NCT', ['N', 2, 3], { name: 'z' })],
      undefined,
      'The model takes 2 series (x, z)',
    ],
    [XY, [input('NCT', ['N', 2, 3])], { window: 3 }, 'The settings of series are wrong'],
    [XY, [input('NCT', ['N', 2, 3])], { windows: 4 }, '4 windows were asked for: a series of 3 steps has 1 to 3'],
  ])('refuses %j for %j with %j', async (csv, inputs, settings, message) => {
    await expect(prepared(csv, inputs, settings)).rejects.toThrow(message);
  });

  it('recognises channels over time, and not rows of numbers', () => {
    const recognised = (fact: InputFact) => series.recognise(context([fact]).description);
    const open = { modality: { value: 'tensor', source: 'default' } } as const;
    expect(recognised(input('NTC', ['N', 28, 1], open))).toBe(0.5);
    expect(recognised(input('NT', ['N', 28], open))).toBe(0.1);
    expect(recognised(input('NF', ['N', 28], open))).toBe(0);
    expect(recognised(input('NT', ['N', 28], { ...open, dtype: 'int64' }))).toBe(0);
    expect(recognised(input('NT', ['N', 28]))).toBe(1);
  });
});

describe('drawings of time series', () => {
  const drawing = async (csv: string, values: number[], shape: (number | string)[]): Promise<Drawing<Series>> => {
    const { views, features } = await prepared(csv, [input('NTC', shape)], { sampling_rate: 10, windows: 3 });
    return { view: views[0] as Series, features: features[0] as never, values, title: 'up <&> down', signed: true };
  };

  it('are valid, deterministic SVG with curves over coloured windows', async () => {
    const it = await drawing('<x>,y\n1,10\n2,20\n3,60', [1, -2, 0, 0.5, 0, 0], ['N', 3, 2]);
    const svg = series.draw(it, 'svg');
    expect(svg).toBe(series.draw(it, 'svg'));
    expect(svg).toContain('up &lt;&amp;&gt; down');
    expect(svg).toContain('&lt;x&gt;, 0.1 to 0.2 s: -2');
    expect(svg).toContain('strongest: &lt;x&gt;, 0.1 to 0.2 s -2, &lt;x&gt;, 0.0 to 0.1 s +1');
    expect(svg.match(/<path /g)).toHaveLength(4);
  });

  it('keep every peak of a long series at a bounded size', async () => {
    const values = Array.from({ length: 50_000 }, (_, i) => (i === 31_111 ? 7 : 0));
    const it = await drawing(`x\n${values.join('\n')}`, [0, 1, 0], ['N', 50_000, 1]);
    const svg = series.draw(it, 'svg');
    expect(svg.length).toBeLessThan(80_000);
    expect(svg).toContain('>7</text>');
  });

  it('are a line of coloured blocks for each channel in a terminal', async () => {
    const it = await drawing('x,y\n1,10\n2,20\n3,60', [1, -2, 0, 0.5, 0, 0], ['N', 3, 2]);
    const lines = series.draw(it, 'ansi').split('\n');
    const plain = lines.map((line) => stripVTControlCharacters(line).trimEnd());
    expect(plain.slice(0, 4)).toEqual(['up <&> down', 'x ▁▅█', 'y ▁▂█', '  0 0.3 s']);
    expect(plain[4]).toMatch(/^ +-2 █{20} x, 0\.1 to 0\.2 s$/);
    expect(lines[1]).toContain('\u001b[48;2;');
  });

  it('include a table of features as HTML', async () => {
    const it = await drawing('x,y\n1,10\n2,20\n3,60', [1, -2, 0, 0.5, 0, 0], ['N', 3, 2]);
    expect(series.draw(it, 'html')).toMatch(
      /^<figure class="whylight-series"><svg .*<td>x, 0\.1 to 0\.2 s<\/td><td>-2<\/td>/s,
    );
  });
});
