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
  it('writes nothing in a short run when the stream is not a terminal', () => {
    let written = '';
    const stream = { isTTY: false, write: (text: string) => (written += text) } as unknown as NodeJS.WriteStream;
    const bar = progressBar('images', stream);
    bar.update(1, 2);
    bar.end();
    expect(written).toBe('');
  });

  it('writes a line at each interval when the stream is not a terminal', () => {
    const lines: string[] = [];
    const stream = { isTTY: false, write: (text: string) => lines.push(text) } as unknown as NodeJS.WriteStream;
    const bar = progressBar('images', stream, 0);
    for (const done of [0, 1, 2]) bar.update(done, 2);
    bar.end();
    expect(lines).toEqual(['images: 0 of 2\n', 'images: 1 of 2\n', 'images: 2 of 2\n']);
  });
});
