import { describe, expect, it } from 'vitest';
import { duration, progressBar } from '../../src/cli/progress.ts';

describe('duration', () => {
  it.each([
    [4.4, '4 s'],
    [89, '89 s'],
    [150, '3 min'],
    [3600, '1 h 0 min'],
    [7500, '2 h 5 min'],
  ])('%d seconds are %s', (seconds, text) => expect(duration(seconds)).toBe(text));
});

describe('progressBar', () => {
  it('writes nothing when the stream is not a terminal', () => {
    let written = '';
    const stream = { isTTY: false, write: (text: string) => (written += text) } as unknown as NodeJS.WriteStream;
    const bar = progressBar('looking', stream);
    bar.update(1, 2);
    bar.end();
    expect(written).toBe('');
  });
});
