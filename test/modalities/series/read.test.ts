import { describe, expect, it } from 'vitest';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { writeNpy } from '../../../src/modalities/arrays/npy.ts';
import { decodeSeries } from '../../../src/modalities/series/decode.ts';

const text = (value: string) => new TextEncoder().encode(value);
const csv = (value: string) => decodeSeries(text(value), 'text/csv');
const json = (value: unknown) =>
  decodeSeries(text(typeof value === 'string' ? value : JSON.stringify(value)), 'application/json');

describe('reading of series from CSV', () => {
  it('gives a channel for each column and a step for each row', () => {
    expect(csv('x,y\n1,2\n3,4\n5,6\n')).toMatchObject({
      channels: ['x', 'y'],
      steps: 3,
      values: Float64Array.of(1, 2, 3, 4, 5, 6),
      time: { start: 0, step: 1, unit: 'step' },
    });
  });

  it('accepts files without names, with a byte order mark, semicolons and quotes', () => {
    expect(csv('1,2\n3,4').channels).toEqual(['channel 1', 'channel 2']);
    expect(csv('\uFEFFx;y\r\n1;2\r\n').channels).toEqual(['x', 'y']);
    expect(csv('"a, ""b""",c\n1,2').channels).toEqual(['a, "b"', 'c']);
    expect(csv('1\n2\n3').channels).toEqual(['value']);
  });

  it('accepts UTF-16', () => {
    const bytes = new Uint8Array(Uint16Array.from('\uFEFFx\n1', (letter) => letter.charCodeAt(0)).buffer);
    expect(decodeSeries(bytes, 'text/csv').channels).toEqual(['x']);
  });

  it.each([
    [
      'time,x\n0,1\n0.1,2\n0.2,3',
      { start: 0, step: 0.1, unit: 's' },
      'Column "time" was taken as the time, 0.1 s a step.',
    ],
    ['t_ms,x\n100,1\n110,2', { start: 0.1, step: 0.01, unit: 's' }, '"t_ms"'],
    ['hour,x\n0,1\n1,2\n2,3', { start: 0, step: 1, unit: 'h' }, '1 h a step'],
    ['date,x\n2024-01-01,1\n2024-01-02,2\n2024-01-03,3', { start: 0, step: 1, unit: 'd' }, '1 d a step'],
    ['step,x\n5,1\n6,2', { start: 5, step: 1, unit: 'step' }, 'Column "step" was taken as the time.'],
    ['t,x\n0,1\n1.5,2\n2,3', { start: 0, step: 1, unit: 's' }, 'its steps are not even'],
  ])('finds the time axis of %j', (value, time, note) => {
    const { channels, time: found, notes } = csv(value);
    expect(channels).toEqual(['x']);
    expect(found.unit).toBe(time.unit);
    expect(found.start).toBeCloseTo(time.start, 9);
    expect(found.step).toBeCloseTo(time.step, 9);
    expect(notes[0]).toContain(note);
  });

  it('keeps a column as a channel when its values do not increase', () => {
    expect(csv('time,x\n3,1\n2,2').channels).toEqual(['time', 'x']);
  });

  it('reads missing values as NaN', () => {
    expect([...csv('x,y\n1,\n,NaN').values]).toEqual([1, NaN, NaN, NaN]);
  });

  it.each([
    ['', 'it has 0 bytes'],
    ['\n\n', 'The CSV is empty'],
    ['x,y\n', 'a header but no rows'],
    ['x,y\n1,2\n3', 'Row 3 of the CSV has 1 field, but the first row has 2'],
    ['x,y\n1,2\n3,much', 'Row 3, column "y": "much" is not a finite number'],
    ['1,2\n3,1e999', 'Row 2, column "channel 2": "1e999" is not a finite number'],
    ['x,x\n1,2', 'are called "x"'],
    ['x,"y\n1,2', 'a quote that does not belong there'],
  ])('refuses %j', (value, message) => expect(() => csv(value)).toThrow(message));

  it('falls back to Windows-1252 for text that is not UTF-8, with a notice', () => {
    const { channels, notes } = decodeSeries(Uint8Array.of(0xe4, 0x0a, 0x31), 'text/csv');
    expect(channels).toEqual(['ä']);
    expect(notes[0]).toContain('read as Windows-1252');
  });
});

describe('reading of series from JSON', () => {
  it.each([
    [[1, 2, 3], ['value'], 3],
    [
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      ['channel 1', 'channel 2'],
      3,
    ],
    [
      [
        [
          [1, 2],
          [3, 4],
        ],
      ],
      ['channel 1', 'channel 2'],
      2,
    ],
    [{ x: [1, 2], y: [3, null] }, ['x', 'y'], 2],
    [{ sampling_rate: 50, channels: { x: [1, 2] } }, ['x'], 2],
    [{ sampling_rate: 50, values: [1, 2] }, ['value'], 2],
  ])('accepts %j', (value, channels, steps) => {
    expect(json(value)).toMatchObject({ channels, steps });
  });

  it('gives the time axis of the sampling rate', () => {
    expect(json({ sampling_rate: 50, x: [1, 2] }).time).toEqual({ start: 0, step: 0.02, unit: 's' });
  });

  it.each([
    ['{"x": [1, 2], "y": [3]}', 'Channel "y" has 1 step, but "x" has 2'],
    ['{"x": [[1], [2]]}', 'Channel "x" is not a flat list'],
    ['{"sampling_rate": -1, "x": [1]}', '"sampling_rate" is -1'],
    ['{}', 'no channels'],
    ['[]', 'The series is empty'],
    ['[1, "a"]', '[1] of the series is "a"'],
    ['[1,', 'line 1, column 4: not valid JSON'],
    ['[[[1], [2]], [[3], [4]]]', 'has shape [2, 2, 1]'],
  ])('refuses %s', (value, message) => {
    expect(() => json(value)).toThrow(expect.objectContaining({ message: expect.stringContaining(message) }));
  });
});

describe('reading of series from arrays', () => {
  it('reads arrays with steps first and channels second', () => {
    const file = writeNpy(float32([2, 3], [1, 2, 3, 4, 5, 6]));
    expect(decodeSeries(file, 'application/x-npy')).toMatchObject({ steps: 2, channels: { length: 3 } });
  });

  it('refuses images', () => {
    expect(() => decodeSeries(Uint8Array.of(1), 'image/png')).toThrow(
      expect.objectContaining({ code: 'unsupported_media_type' }),
    );
  });
});
