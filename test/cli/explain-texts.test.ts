import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { whylight } from '../support/command-line.ts';
import { makeTextFolder } from '../support/text-folder.ts';

const folder = makeTextFolder();
afterAll(() => rmSync(folder, { recursive: true }));

const explain = (...args: string[]) => whylight('explain', '--model', folder, ...args);

describe('whylight explain for texts', () => {
  test('opens a folder by its config.json, and lists words with positions and values', () => {
    const { code, stdout, stderr } = explain('--text', 'The film was good!', '--json');
    expect(stderr).toMatch(/^note: integrated_gradients was chosen: .*\n$/);
    expect(code).toBe(0);
    const { predictions, features } = JSON.parse(stdout);
    expect(predictions[0].label).toBe('POSITIVE');
    expect(features.map(({ name, start, end }: Record<string, unknown>) => [name, start, end])).toEqual([
      ['The', 0, 3],
      ['film', 4, 8],
      ['was', 9, 12],
      ['good', 13, 17],
      ['!', 17, 18],
    ]);
    // The value of the word less that of the padding token.
    expect(features.at(3).value).toBeCloseTo(3 - 0.5, 4);
  });

  test('has the probability of each class in JSON as on the terminal', () => {
    const { predictions } = JSON.parse(explain('--text', 'good', '--json', '--no-summary').stdout);
    const page = explain('--text', 'good', '--no-summary').stdout;
    expect(predictions.length).toBe(2);
    for (const { label, probability } of predictions) {
      expect(page).toMatch(new RegExp(`${label} +${(100 * probability).toFixed(1)} %`));
    }
  });

  test('uses the parameter baseline instead of the padding token', () => {
    const { stdout } = explain('--text', 'good', '--baseline', '0', '--json', '--no-summary');
    expect(JSON.parse(stdout).features[0].value).toBeCloseTo(3, 4);
  });

  test('explains both texts of a pair', () => {
    const { stdout } = explain('--text', 'good film', '--text-pair', 'bad', '--json');
    expect(JSON.parse(stdout).features.map(({ name }: { name: string }) => name)).toEqual(['good', 'film', 'bad']);
  });

  test('explains the cosine with the embedding of another text, or with a vector', () => {
    const cosine = (similarTo: string) => {
      const { code, stdout } = explain('--text', 'good', '--similar-to', similarTo, '--json', '--no-summary');
      expect(code).toBe(0);
      return JSON.parse(stdout).predictions;
    };
    // Both scores of a text are opposite numbers.
    expect(cosine('bad')).toEqual([{ label: 'cosine', score: expect.closeTo(-1, 5) }]);
    expect(cosine('[1, 0]')).toEqual([{ label: 'cosine', score: expect.closeTo(-Math.SQRT1_2, 5) }]);
  });

  test('explains every file of a folder, and writes a numbered drawing of each', () => {
    const texts = join(folder, 'texts');
    mkdirSync(texts);
    writeFileSync(join(texts, 'a.txt'), 'good film\n');
    writeFileSync(join(texts, 'b.txt'), 'bad film\n');
    const { code, stdout } = explain(texts, '-o', join(folder, 'map.svg'), '--json', '--no-summary');
    expect(code).toBe(0);
    const answers = JSON.parse(stdout) as { predictions: { label: string }[] }[];
    expect(answers.map(({ predictions }) => predictions[0]?.label)).toEqual(['POSITIVE', 'NEGATIVE']);
    expect(readFileSync(join(folder, 'map-1.svg'), 'utf8')).toContain('good');
    expect(readFileSync(join(folder, 'map-2.svg'), 'utf8')).toContain('bad');
  });

  test('prints words with signed bars, without colours outside a terminal', () => {
    const { stdout } = explain('--text', 'not bad', '--target', 'NEGATIVE', '--no-summary');
    expect(stdout).toMatch(/\+3\.5 █+ bad/);
    expect(stdout).not.toContain('\u001b');
  });

  test('exits with code 2 without an input and for an unsupported drawing format', () => {
    expect(explain()).toMatchObject({ code: 2, stderr: expect.stringContaining('--text') });
    const png = explain('--text', 'good', '-o', join(folder, 'x.png'));
    expect(png).toMatchObject({ code: 2, stderr: expect.stringContaining('svg, html') });
  });
});
