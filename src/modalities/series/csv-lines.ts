/** Fields of CSV text. */
import { invalidSeries } from './series.ts';

/**
 * Rows of fields, after RFC 4180; a byte order mark is dropped, and `;` or a tab separates where the first line has
 * more of them than commas.
 * @throws WhylightError with the line where a quote is never closed.
 */
export function csvRows(text: string): string[][] {
  const body = text.replace(/^\uFEFF/, '');
  const first = body.slice(0, body.search(/\r?\n|$/));
  const count = (mark: string) => first.split(mark).length;
  const separator = [',', ';', '\t'].reduce((best, mark) => (count(mark) > count(best) ? mark : best));
  const field = new RegExp(`(?:"((?:[^"]|"")*)"|([^"${separator}\\r\\n]*))(${separator}|\\r?\\n|$)`, 'y');
  const rows: string[][] = [];
  let row: string[] = [];
  for (let at = 0; at < body.length; ) {
    field.lastIndex = at;
    const found = field.exec(body);
    if (!found) throw unclosed(body, at);
    row.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? '');
    at = field.lastIndex;
    if (found[3] !== separator || at === body.length) {
      if (found[3] === separator) row.push('');
      if (row.length > 1 || row[0]?.trim()) rows.push(row);
      row = [];
    }
  }
  return rows;
}

const unclosed = (body: string, at: number) => {
  const line = body.slice(0, at).split('\n').length;
  return invalidSeries(`The CSV has a quote that does not belong there, or is never closed, in line ${line}.`, {
    line,
  });
};
