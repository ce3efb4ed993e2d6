/** Bytes of a table in any of its formats. */
import { WhylightError } from '../../core/errors.ts';
import type { ModalityContext } from '../../core/modality/modality.ts';
import { tableColumns } from './columns.ts';
import { readCsv } from './csv.ts';
import { decodeText } from './decode-text.ts';
import { readJsonTable } from './json-table.ts';
import { parseTabularSettings } from './settings.ts';
import type { Table } from './table.ts';

export const TABLE_MEDIA_TYPES = ['text/csv', 'text/tab-separated-values', 'application/json'];

/**
 * Reads a table. Of `text/csv` the parameters `charset` and `header` (`present` or `absent`) are heeded.
 * @throws WhylightError `invalid_request` for what is no table, `unsupported_media_type`
 */
export function decodeTable(bytes: Uint8Array, mediaType: string, { inputs, settings }: ModalityContext): Table {
  const [type = '', ...parameters] = mediaType.split(';').map((part) => part.trim().toLowerCase());
  const parameter = (name: string): string | undefined =>
    parameters
      .find((text) => text.startsWith(`${name}=`))
      ?.slice(name.length + 1)
      .replace(/^"(.*)"$/, '$1');
  if (!TABLE_MEDIA_TYPES.includes(type)) {
    throw new WhylightError(
      'unsupported_media_type',
      `A table cannot be read from ${type}: send ${TABLE_MEDIA_TYPES.join(', ')}.`,
      {
        mediaType: type,
        allowed: TABLE_MEDIA_TYPES,
      },
    );
  }
  const { text, notice } = decodeText(bytes, parameter('charset'));
  const header = parameter('header');
  const known = tableColumns(inputs, parseTabularSettings(settings)).flatMap(({ name, named }) =>
    named ? [name] : [],
  );
  const table =
    type === 'application/json'
      ? readJsonTable(text)
      : readCsv(text, { known, ...((header === 'present' || header === 'absent') && { header }) });
  return notice === undefined ? table : { ...table, notices: [notice, ...table.notices] };
}
