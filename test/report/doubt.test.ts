/** Words of doubt: one sentence in the terminal, in JSON and on the page of a report. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { whylight } from '../support/command-line.ts';

const folder = mkdtempSync(join(tmpdir(), 'whylight-doubt-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a report has the sentence of explain for a class with a low probability, and none for a sure one', () => {
  for (const name of ['cat.jpg', 'tabby.jpg']) copyFileSync(`examples/photos/${name}`, join(folder, name));
  const out = join(folder, 'report.html');
  const flags = ['--methods', 'saliency', '--metrics', 'none', '-o', out];
  expect(whylight('report', folder, ...flags)).toMatchObject({ code: 0 });
  const explained = whylight('explain', join(folder, 'cat.jpg'), '--method', 'saliency', '--json', '--no-summary');
  const { doubt } = JSON.parse(explained.stdout);
  expect(doubt).toMatch(/^Not sure: the best guess has \d+\.\d %\.$/);
  expect(readFileSync(out, 'utf8').match(/"doubt":"[^"]*"/g)).toEqual([`"doubt":"${doubt}"`]);
});
