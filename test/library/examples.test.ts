/** The examples of docs/library.md: the page quotes files, and these run. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { sniff } from '../../src/core/image/sniff.ts';

const FILES = ['node.mjs', 'node.ts', 'browser.js', 'worker.ts'];
const folder = mkdtempSync(join(tmpdir(), 'whylight-library-'));
const start = process.cwd();

beforeAll(() => {
  cpSync('examples/photos/cat.jpg', join(folder, 'cat.jpg'));
  symlinkSync(resolve('models'), join(folder, 'models'));
  process.chdir(folder);
});
afterAll(() => {
  process.chdir(start);
  rmSync(folder, { recursive: true });
});

/** Lines that an example prints. */
async function linesOf(load: () => Promise<unknown>): Promise<string[]> {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await load();
  const lines = log.mock.calls.map((values) => values.map(String).join(' '));
  log.mockRestore();
  return lines;
}

describe('docs/library.md', () => {
  it.each(FILES)('quotes examples/library/%s word for word', (name) => {
    const page = readFileSync(join(start, 'docs/library.md'), 'utf8');
    expect(page).toContain(readFileSync(join(start, 'examples/library', name), 'utf8'));
  });

  it('has an example for Node that predicts, explains and draws', async () => {
    // @ts-expect-error: plain JavaScript without types
    const lines = await linesOf(() => import('../../examples/library/node.mjs'));
    expect(lines[0]).toBe('cat 0.77');
    expect(lines[1]).toMatch(/^4\.273 32,32 Explanation of .*cat \(score 4\.27/);
    expect(sniff(readFileSync(join(folder, 'map.png')))).toMatchObject({ type: 'image/png' });
  });

  it('has an example in TypeScript that answers an error and shows maps on the way', async () => {
    const lines = await linesOf(() => import('../../examples/library/node.ts'));
    expect(lines[0]).toContain('no class named "lorry"');
    expect(lines.filter((line) => line === 'so far 32,32').length).toBeGreaterThan(0);
    expect(lines.at(-1)).toBe('rise d');
  });
});
