/** CSV files with one example a line. */
import { describe, expect, it } from 'vitest';
import { Labels } from '../../src/core/model/labels.ts';
import { type ExampleOptions, readExamples } from '../../src/library/example-table.ts';

const examples = (csv: string, options: ExampleOptions) => readExamples(new TextEncoder().encode(csv), options);
const labels = new Labels(['negative', 'positive']);

describe('examples of a CSV file', () => {
  it('are texts with their classes, found by the name of the column', () => {
    expect(examples('label,text\npositive,"good, really"\n,bad\n', { modality: 'text', labels })).toEqual([
      { row: 2, json: '["good, really"]', label: 'positive' },
      { row: 3, json: '["bad"]' },
    ]);
  });

  it('have the column of classes that holds nothing but names of classes', () => {
    const csv = 'opinion,length,title\nPositive,3,fine\nnegative,4,dull\n';
    expect(examples(csv, { modality: 'text', labels })?.map(({ label, json }) => [label, json])).toEqual([
      ['Positive', '["fine"]'],
      ['negative', '["dull"]'],
    ]);
  });

  it('never take a column of numbers for classes that are called by numbers', () => {
    const digits = new Labels(['0', '1']);
    const [first] = examples('a,b\n0,7\n1,8\n', { modality: 'tabular', labels: digits }) ?? [];
    expect(first).toEqual({ row: 2, json: '{"a":"0","b":"7"}' });
  });

  it('are both texts of a pair', () => {
    const [first] = examples('question,context\nwho,he\n', { modality: 'text' }) ?? [];
    expect(first?.json).toBe('[{"question":"who","context":"he"}]');
  });

  it('are series of numbered columns, channel by channel', () => {
    const [first] = examples('label,x_0,x_1,y_0,y_1\na,1,2,3,\n', { modality: 'series' }) ?? [];
    expect(JSON.parse(first?.json ?? '')).toEqual({ channels: { x: [1, 2], y: [3, null] } });
  });

  it('are none where the file is one series by itself', () => {
    expect(examples('time,demand\n0,1\n1,2\n', { modality: 'series' })).toBeUndefined();
    expect(examples('1\n2\n', { modality: 'series' })).toBeUndefined();
  });

  it('refuse a column of classes that is not there, with the nearest name', () => {
    expect(() => examples('a,species\n1,x\n', { modality: 'tabular', labelColumn: 'specis' })).toThrow(
      'The file has no column "specis"; its columns are "a", "species". Did you mean "species"?',
    );
  });

  it('refuse a file of texts without texts', () => {
    expect(() => examples('a,b\n1,2\n', { modality: 'text' })).toThrow('Call the column "text".');
  });
});
