import { describe, expect, it } from 'vitest';
import { readCsv } from '../../../src/modalities/tabular/csv.ts';
import { decodeText } from '../../../src/modalities/tabular/decode-text.ts';

describe('tables in workerd', () => {
  it('reads CSV with quoted line breaks, in UTF-16 and in Latin-1', () => {
    const text = 'name;note\n"Bärbel";"two\nlines"';
    const utf16 = new Uint8Array(Uint16Array.from(`\uFEFF${text}`, (letter) => letter.charCodeAt(0)).buffer);
    const latin1 = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    for (const bytes of [utf16, latin1]) {
      expect(readCsv(decodeText(bytes).text)).toMatchObject({
        columns: ['name', 'note'],
        rows: [['Bärbel', 'two\nlines']],
      });
    }
  });
});
