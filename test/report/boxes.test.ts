/** Report on a detector: boxes in place of classes of the whole image. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type CodedMask, maskAtSize } from '../../src/core/image/run-length.ts';
import { write } from '../../src/core/onnx/write.ts';
import { whylight } from '../support/command-line.ts';
import { halves } from '../support/other-models.ts';
import { QUARTER_FLAGS, writeQuarterImage, writeQuarters } from '../support/quarter-images.ts';

const folder = mkdtempSync(join(tmpdir(), 'whylight-report-boxes-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Shown {
  readonly name: string;
  readonly said: string;
  readonly size: readonly [number, number];
  readonly top: readonly {
    readonly label: string;
    readonly score: number;
    readonly box?: readonly number[];
    readonly mask?: CodedMask;
  }[];
  readonly methods: Readonly<
    Record<
      string,
      { readonly score: number; readonly prediction?: number; readonly metrics: Record<string, number | null> }
    >
  >;
}

function recordsIn(page: string): Shown[] {
  const html = readFileSync(page, 'utf8');
  return JSON.parse(/<script type="application\/json" id="records">(.*?)<\/script>/s.exec(html)?.[1] ?? '');
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
    const [both, none, right] = recordsIn(out) as [Shown, Shown, Shown];
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
    expect(both.methods.occlusion?.prediction).toBe(0);
  });

  test('refuses a journal from before records had places of answers', () => {
    const out = join(folder, 'report.html');
    const journal = `${out}.journal.jsonl`;
    const [head = '', ...records] = readFileSync(journal, 'utf8').split('\n');
    const { record_version, ...older } = JSON.parse(head);
    expect(record_version).toEqual(expect.any(Number));
    writeFileSync(journal, [JSON.stringify(older), ...records].join('\n'));
    const flags = ['--model', join(folder, 'quarters.onnx'), ...QUARTER_FLAGS, '--methods', 'occlusion', '-o', out];
    const { code, stderr } = whylight('report', join(folder, 'images'), ...flags, '--metrics', 'deletion,random_logit');
    expect(code).toBe(1);
    expect(stderr).toContain('record_version differ. Add --restart to begin anew');
  });

  test('keeps the masks of a segmentation, at twice the size of the thumbnail', async () => {
    const images = join(folder, 'halves');
    mkdirSync(images);
    await writeQuarterImage(join(images, 'bright.png'), [230, 153, 230]);
    const model = join(folder, 'halves.onnx');
    writeFileSync(model, write(halves()).graph);
    const out = join(folder, 'halves.html');
    const flags = ['--model', model, '--scale', '0.00392156862745098', '--resize', 'exact', '-o', out];
    const { code, stderr } = whylight('report', images, ...flags, '--methods', 'occlusion', '--metrics', 'deletion');
    expect([code, stderr]).toEqual([0, expect.anything()]);
    const [bright] = recordsIn(out) as [Shown];
    const [width, height] = bright.size;
    for (const { mask } of bright.top) expect(mask?.size).toEqual([2 * height, 2 * width]);
    const shares = bright.top.map(({ mask }) => maskAtSize(mask as CodedMask, width, height).filter(Boolean).length);
    expect(shares.reduce((a, b) => a + b, 0)).toBe(width * height);
  });
});
