/** Report on a detector: boxes in place of classes of the whole image. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { whylight } from '../support/command-line.ts';
import { QUARTER_FLAGS, writeQuarterImage, writeQuarters } from '../support/quarter-images.ts';

const folder = mkdtempSync(join(tmpdir(), 'whylight-report-boxes-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Shown {
  readonly name: string;
  readonly said: string;
  readonly top: readonly { readonly label: string; readonly score: number; readonly box?: readonly number[] }[];
  readonly methods: Readonly<
    Record<string, { readonly score: number; readonly metrics: Record<string, number | null> }>
  >;
}

describe('whylight report for a detector', () => {
  test('explains the best box of each image, and groups images in which nothing was found', async () => {
    const images = join(folder, 'images');
    mkdirSync(images);
    await writeQuarterImage(join(images, 'both.png'), [230, 153, 26]);
    await writeQuarterImage(join(images, 'none.png'), [26, 26, 26]);
    await writeQuarterImage(join(images, 'right.png'), [26, 204, 26]);
    const out = join(folder, 'report.html');
    const flags = ['--model', writeQuarters(folder), ...QUARTER_FLAGS, '--methods', 'occlusion', '-o', out];
    const { code, stdout } = whylight('report', images, ...flags, '--metrics', 'deletion,random_logit');
    expect(stdout).toBe(`3 images\nwritten to ${out}\n`);
    expect(code).toBe(0);
    const html = readFileSync(out, 'utf8');
    const records = JSON.parse(
      /<script type="application\/json" id="records">(.*?)<\/script>/s.exec(html)?.[1] ?? '',
    ) as Shown[];
    const [both, none, right] = records as [Shown, Shown, Shown];
    // Boxes are shares of the width and height.
    expect(both.top.map(({ box }) => box)).toEqual([
      [0, 0, 0.5, 0.5],
      [0.5, 0, 1, 0.5],
    ]);
    expect(both.methods.occlusion?.score).toBeCloseTo(230 / 255, 4);
    expect(both.methods.occlusion?.metrics.deletion).toEqual(expect.any(Number));
    expect(both.said).toBe(right.said);
    expect(right.top.map(({ box }) => box)).toEqual([[0.5, 0, 1, 0.5]]);
    expect(none).toMatchObject({ said: 'nothing found', top: [], methods: {} });
  });
});
