import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { whylight } from '../support/command-line.ts';
import { QUARTER_FLAGS, SIDE, writeQuarterImage, writeQuarters } from '../support/quarter-images.ts';

const folder = mkdtempSync(join(tmpdir(), 'whylight-boxes-'));
const image = join(folder, 'image.png');
const model = writeQuarters(folder);

/** Grey levels of the upper left and upper right quarter, and of the rest. */
const [LEFT, RIGHT, REST] = [230, 153, 26];

beforeAll(() => writeQuarterImage(image, [LEFT, RIGHT, REST]));
afterAll(() => rmSync(folder, { recursive: true }));

const explain = (...args: string[]) =>
  whylight('explain', image, '--model', model, ...QUARTER_FLAGS, '--json', ...args);

describe('whylight explain for a detector', () => {
  test('lists boxes in pixels of the image with their scores', () => {
    const { code, stdout } = explain('--method', 'saliency', '--no-summary');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      task: 'object_detection',
      predictions: [
        { box: [0, 0, 4, 4], score: expect.closeTo(LEFT / 255, 5) },
        { box: [4, 0, 8, 4], score: expect.closeTo(RIGHT / 255, 5) },
      ],
    });
  });

  test('explains the chosen box by d_rise, highest in that box', () => {
    const { code, stdout } = explain(
      ...['--method', 'd_rise', '--n_masks', '200', '--cells', '2', '--target', 'box:1', '--values', '--no-summary'],
    );
    expect(code).toBe(0);
    const { score, map } = JSON.parse(stdout) as { score: number; map: { data: number[] } };
    expect(score).toBeCloseTo(RIGHT / 255, 5);
    const mean = (inside: boolean): number => {
      const own = map.data.filter((_, i) => (i % SIDE >= SIDE / 2 && i < (SIDE * SIDE) / 2) === inside);
      return own.reduce((sum, value) => sum + value, 0) / own.length;
    };
    expect(map.data).toHaveLength(SIDE * SIDE);
    expect(mean(true)).toBeGreaterThan(1.1 * mean(false));
  });

  test('answers that nothing was found above the threshold, without a map', () => {
    const { code, stdout } = explain('--method', 'd_rise', '--n_masks', '10', '--threshold', '0.95', '--no-summary');
    expect(code).toBe(0);
    const answer = JSON.parse(stdout);
    expect(answer.predictions).toEqual([]);
    expect(answer.map).toBeUndefined();
  });
});
