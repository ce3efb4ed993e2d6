import { describe, expect, it } from 'vitest';
import { readCsv } from '../../../src/modalities/tabular/csv.ts';
import { decodeText } from '../../../src/modalities/tabular/decode-text.ts';
import { readJsonTable } from '../../../src/modalities/tabular/json-table.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const utf16 = (text: string, mark: boolean): Uint8Array => {
  const units = Uint16Array.from([...(mark ? '\uFEFF' : ''), ...text], (letter) => letter.charCodeAt(0));
  return new Uint8Array(units.buffer);
};

describe('readCsv', () => {
  it('reads quoted fields with separators, quotes and line breaks', () => {
    const { columns, rows, firstRow } = readCsv('name,note\r\n"Smith, J.","said ""no""\nand left"\r\nLee,\r\n');
    expect(columns).toEqual(['name', 'note']);
    expect(rows).toEqual([
      ['Smith, J.', 'said "no"\nand left'],
      ['Lee', ''],
    ]);
    expect(firstRow).toBe(2);
  });

  it.each([
    [',', 'a,b,c\n1,2,3\n4,5,6', []],
    [';', 'a;b;c\n1,5;2,5;3\n4;5;6', ['The fields of the CSV are separated by semicolons.']],
    ['\t', 'a\tb\tc\n1\t2, or 3\t3', []],
    ['|', 'a|b|c\n1|2|3', ['The fields of the CSV are separated by bars.']],
  ])('detects the separator %j by consistent row lengths', (_, text, notices) => {
    const table = readCsv(text);
    expect(table.columns).toEqual(['a', 'b', 'c']);
    expect(table.rows[0]).toHaveLength(3);
    expect(table.notices).toEqual(notices);
  });

  it('prefers the separator that yields the column names of the model', () => {
    const text = 'width, cm;height, cm\n1;2';
    expect(readCsv(text, { known: ['width, cm', 'height, cm'] }).columns).toEqual(['width, cm', 'height, cm']);
  });

  it('treats a first row of numbers as data with a notice, unless told otherwise', () => {
    const table = readCsv('1,2\n3,4');
    expect(table.columns).toBeUndefined();
    expect(table.rows).toHaveLength(2);
    expect(table.firstRow).toBe(1);
    expect(table.notices).toEqual([expect.stringMatching(/holds numbers only, so it was taken for data/)]);
    expect(readCsv('1,2\n3,4', { header: 'present' }).columns).toEqual(['1', '2']);
    expect(readCsv('a,b\n3,4', { header: 'absent' }).rows).toHaveLength(2);
  });

  it('skips empty lines, except in a table of one column, where they are missing values', () => {
    expect(readCsv('a,b\n1,2\n\n3,4\n\n').rows).toHaveLength(2);
    expect(readCsv('a\n1\n\n3\n').rows).toEqual([['1'], [''], ['3']]);
  });

  it.each([
    ['a,b,c\n1,2,3\n4,5', /^Row 3 of the CSV has 2 fields, but the first row has 3: there is nothing for "c"/],
    ['a,b\n1,2,3', /^Row 2 of the CSV has 3 fields, but the first row has 2\. Every row/],
    ['a,b\n"1,2', /^Row 2 of the CSV has a quote that does not belong there/],
    ['a,a\n1,2', /Two columns of the table are called "a"/],
    ['a,\n1,2', /Column 2 of the table has no name/],
    ['a,b\n', /has a header but no rows/],
    ['', /The CSV is empty/],
  ])('refuses %j and names the row', (text, message) => {
    expect(() => readCsv(text)).toThrow(message);
  });
});

describe('decodeText', () => {
  it.each([
    ['UTF-8 with a byte order mark', utf8('\uFEFFärger'), undefined],
    ['UTF-16 with a byte order mark', utf16('ärger', true), undefined],
    ['UTF-16 without one', utf16('ärger', false), /read as UTF-16LE/],
    ['Latin-1', Uint8Array.from('ärger', (letter) => letter.charCodeAt(0)), /not UTF-8; it was read as Windows-1252/],
  ])('reads %s', (_, bytes, notice) => {
    const decoded = decodeText(bytes);
    expect(decoded.text).toBe('ärger');
    if (notice) expect(decoded.notice).toMatch(notice);
    else expect(decoded.notice).toBeUndefined();
  });

  it('uses the given charset, and refuses an unknown one', () => {
    expect(decodeText(Uint8Array.of(0xe4), 'iso-8859-1')).toEqual({ text: 'ä' });
    expect(() => decodeText(utf8('a'), 'klingon')).toThrow(/klingon is not known/);
  });
});

describe('readJsonTable', () => {
  const wanted = {
    columns: ['age', 'city'],
    rows: [
      [31, 'Bern'],
      [null, 'Oslo'],
    ],
  };

  it.each([
    '[{"age": 31, "city": "Bern"}, {"city": "Oslo"}]',
    '{"columns": ["age", "city"], "data": [[31, "Bern"], [null, "Oslo"]]}',
    '{"age": [31, null], "city": ["Bern", "Oslo"]}',
  ])('reads %s', (text) => {
    expect(readJsonTable(text)).toMatchObject(wanted);
  });

  it('reads an object as one row, and lists of values as rows without names', () => {
    expect(readJsonTable('{"age": 31, "city": "Bern"}')).toMatchObject({ rows: [[31, 'Bern']] });
    expect(readJsonTable('[[1, 2], [3, 4]]')).toEqual({
      rows: [
        [1, 2],
        [3, 4],
      ],
      firstRow: 1,
      notices: [],
    });
    expect(readJsonTable('[1, 2]').rows).toEqual([[1, 2]]);
  });

  it.each([
    ['{"age": ', /^The table is not JSON/],
    ['3', /^This JSON is no table: expected an object/],
    ['[]', /^The table is empty/],
    ['[[1, 2], [3]]', /^Row 2 of the table has 1 value, but the first row has 2/],
    ['{"columns": [{"toString": null}], "data": [[1]]}', /^The name of column 1 is an object: give a text/],
    ['{"columns": ["a"], "data": [[1, 2]]}', /^Row 1 of the table has 2 values, but the table has 1 column:/],
    ['{"a": [1, 2], "b": [1]}', /different numbers of values: "a" 2, "b" 1/],
    ['[{"a": {"b": 1}}]', /^Row 1, column "a": a object is no value|^Row 1, column "a": an object is no value/],
  ])('refuses %s', (text, message) => {
    expect(() => readJsonTable(text)).toThrow(message);
  });
});
