/** Finds what separates the fields of a CSV. */
import Papa from 'papaparse';

const SEPARATORS = [',', ';', '\t', '|'];
const NAMES: Readonly<Record<string, string>> = { ',': 'commas', ';': 'semicolons', '\t': 'tabs', '|': 'bars' };

/** Rows that are looked at. */
const SAMPLE = 50;

/**
 * The separator that cuts every row into the same number of fields, at least two; of several, the one that finds more of
 * the names that a model knows, then the one with more fields. A comma where none does: the table has one column, or its
 * rows are ragged, which reading reports.
 * @param known names of columns
 */
export function findSeparator(text: string, known: readonly string[] = []): string {
  const names = new Set(known);
  const evidence = SEPARATORS.map((separator) => {
    const { data } = Papa.parse<string[]>(text, { delimiter: separator, preview: SAMPLE, skipEmptyLines: true });
    const widths = new Set(data.map(({ length }) => length));
    const fields = data[0]?.length ?? 0;
    return {
      separator,
      fields,
      even: widths.size === 1 && fields > 1,
      named: data[0]?.filter((field) => names.has(field.trim())).length ?? 0,
    };
  });
  const order = evidence.sort((a, b) => b.named - a.named || Number(b.even) - Number(a.even) || b.fields - a.fields);
  const [best] = order as [(typeof order)[number]];
  return best.named > 0 || best.even ? best.separator : ragged(evidence);
}

/** Picks a separator where none gives rows of equal length: one that occurs, so that the error names ragged rows. */
const ragged = (evidence: readonly { separator: string; fields: number }[]): string =>
  evidence.find(({ separator, fields }) => separator === ',' && fields > 1)?.separator ??
  evidence.find(({ fields }) => fields > 1)?.separator ??
  ',';

/** Name of a separator in a sentence. */
export const separatorName = (separator: string): string => NAMES[separator] ?? JSON.stringify(separator);
