/** Report and evaluation of texts, tables and sounds. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { featureFindings } from '../../src/report/feature-findings.ts';
import { FeatureSums } from '../../src/report/feature-sums.ts';
import type { InputRecord } from '../../src/report/record.ts';
import { Swarms } from '../../src/report/swarms.ts';
import { whylight } from '../support/command-line.ts';
import { makeTextFolder } from '../support/text-folder.ts';

const model = makeTextFolder();
const folder = mkdtempSync(join(tmpdir(), 'whylight-texts-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
  rmSync(model, { recursive: true });
});

const file = (name: string, content: string): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

describe('whylight report for texts', () => {
  test('writes words of classes, drawings and groups of texts of a CSV file', () => {
    const csv = file(
      'texts.csv',
      'text,label\ngood film,POSITIVE\ngood,POSITIVE\nbad film,NEGATIVE\nnot bad,POSITIVE\n',
    );
    const out = join(folder, 'texts.html');
    const { code, stdout, stderr } = whylight('report', csv, '--model', model, '-o', out);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^4 texts, about \d+ rows each/) });
    expect(stdout).toBe(`4 texts, accuracy 75.0 %\nwritten to ${out}\n`);
    const html = readFileSync(out, 'utf8');
    for (const part of ['What each class depends on', 'Deletion AUC', 'Comprehensiveness', '4</b><span>texts']) {
      expect(html).toContain(part);
    }
    expect(html).not.toMatch(/(src|href)="?https?:/);
    expect(
      JSON.parse(/<script type="application\/json" id="records">(.*?)<\/script>/s.exec(html)?.[1] ?? ''),
    ).toMatchObject([
      {
        name: 'texts.csv, row 2',
        truth: 'POSITIVE',
        said: 'POSITIVE',
        methods: { occlusion: { drawing: expect.stringContaining('<svg') } },
      },
      {},
      {},
      { truth: 'POSITIVE', said: 'NEGATIVE' },
    ]);
  });

  test('takes a folder of text files whose sub-folders name classes', () => {
    for (const [label, text] of [
      ['NEGATIVE', 'bad'],
      ['POSITIVE', 'good film'],
    ] as const) {
      mkdirSync(join(folder, 'by-class', label), { recursive: true });
      file(join('by-class', label, 'a.txt'), text);
    }
    const { code, stdout } = whylight(
      'evaluate',
      join(folder, 'by-class'),
      '--model',
      model,
      '--methods',
      'occlusion',
      '--json',
    );
    expect(code).toBe(0);
    const { inputs, accuracy, results } = JSON.parse(stdout);
    expect([inputs, accuracy]).toEqual([2, 1]);
    expect(results.occlusion.metrics.deletion).toMatchObject({ count: 2 });
    // A text of one word has no rationale.
    expect(results.occlusion.metrics.comprehensiveness).toMatchObject({ count: 1 });
  });

  test('names the row of a text that cannot be read', () => {
    const csv = file('empty.csv', 'text,label\ngood,POSITIVE\n,POSITIVE\n');
    const { code, stderr } = whylight('evaluate', csv, '--model', model);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('empty.csv, row 3: Text 1 is empty') });
  });

  test('refuses a class that the model does not know in a column that was named', () => {
    const csv = file('other.csv', 'text,mood\ngood,POSITVE\n');
    const { code, stderr } = whylight('evaluate', csv, '--model', model, '--label-column', 'mood');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/row 2: "POSITVE" is no class.*--label-column/),
    });
  });
});

describe('rows of a table by class', () => {
  const record = (age: number, value: number, amounts: InputRecord['amounts'] = [age, null]) =>
    ({
      features: ['age', 'city'],
      ...(amounts && { amounts }),
      methods: { occlusion: { values: [value, 0.1] } },
    }) as unknown as InputRecord;

  test('are drawn together for each method where a class has five', () => {
    const swarms = new Swarms();
    for (let i = 0; i < 5; i++) swarms.add('yes', record(20 + i, i));
    for (let i = 0; i < 4; i++) swarms.add('no', record(20 + i, i));
    const { occlusion } = swarms.draw();
    expect(Object.keys(occlusion ?? {})).toEqual(['yes']);
    expect(occlusion?.yes?.match(/<circle/g)).toHaveLength(10);
  });

  test('are not drawn for inputs whose features are no numbers', () => {
    const swarms = new Swarms();
    for (let i = 0; i < 9; i++) swarms.add('yes', { ...record(1, 1), amounts: undefined } as unknown as InputRecord);
    expect(swarms.draw()).toEqual({});
  });
});

describe('groups of inputs with named features', () => {
  const text = (group: string, words: Record<string, number>) => ({
    group,
    names: Object.keys(words),
    values: Object.values(words),
  });
  const plain = Array.from({ length: 12 }, (_, i) => text('a', { [`word${i}`]: 1, [`other${i}`]: 0.8 }));
  const others = Array.from({ length: 12 }, (_, i) => text('b', { [`word${i}`]: 1, mark: 0.01 }));

  test('rank a word first that leads in many texts of one class, and mark it', () => {
    const marked = Array.from({ length: 5 }, (_, i) => text('a', { mark: 2, [`word${i}`]: 0.2 }));
    const [first, ...rest] = featureFindings([...plain, ...marked, ...others]);
    expect(first).toMatchObject({ group: 'a', of: 17, feature: 'mark', members: [12, 13, 14, 15, 16], striking: true });
    expect(rest.some(({ striking }) => striking)).toBe(false);
  });

  test('mark no column of a table, which every row has', () => {
    const rows = Array.from({ length: 10 }, (_, i) => text(i < 5 ? 'a' : 'b', { age: i < 5 ? 3 : -3, size: 0.1 }));
    const found = featureFindings(rows);
    expect(found).toHaveLength(2);
    expect(found.some(({ striking }) => striking)).toBe(false);
  });

  test('add up a word that a text has twice, whatever its case', () => {
    const sums = new FeatureSums();
    sums.add(['Good', 'good', 'film'], [1, 2, -1]);
    sums.add(['film'], [-3]);
    expect(sums.strongest(2)).toEqual([
      { name: 'film', mean: -2, magnitude: 2, count: 2 },
      { name: 'good', mean: 3, magnitude: 1.5, count: 1 },
    ]);
  });
});
