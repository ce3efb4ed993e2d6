/** Bytes of a table in any of its formats. */
import { WhylightError } from '../../core/errors.ts';
import { bareMediaType, mediaTypeParameter } from '../../core/modality/media-type.ts';
import type { ModalityContext } from '../../core/modality/modality.ts';
import { readNpy } from '../arrays/npy.ts';
import { arrayTable } from './array-table.ts';
import { tableColumns } from './columns.ts';
import { readCsv } from './csv.ts';
import { decodeText } from './decode-text.ts';
import { readJsonTable } from './json-table.ts';
import { parseTabularSettings } from './settings.ts';
import type { Table } from './table.ts';

export const TABLE_MEDIA_TYPES = ['text/csv', 'text/tab-separated-values', 'application/json', 'application/x-npy'];

/**
 * Reads a table; an array of NumPy holds the numbers that the model takes, one row or [rows, columns]. Of `text/csv` the parameters `charset` and `header` (`present` or `absent`) are heeded.
 * @throws WhylightError `invalid_request` for what is no table, `unsupported_media_type`
 */
export function decodeTable(bytes: Uint8Array, mediaType: string, { inputs, settings }: ModalityContext): Table {
  const type = bareMediaType(mediaType);
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
  const columns = tableColumns(inputs, parseTabularSettings(settings));
  if (type === 'application/x-npy') return arrayTable(readNpy(bytes, 'the table'), columns);
  const { text, notice } = decodeText(bytes, mediaTypeParameter(mediaType, 'charset'));
  const header = mediaTypeParameter(mediaType, 'header');
  const known = columns.flatMap(({ name, named }) => (named ? [name] : []));
  const table =
    type === 'application/json'
      ? readJsonTable(text)
      : readCsv(text, { known, ...((header === 'present' || header === 'absent') && { header }) });
  return notice === undefined ? table : { ...table, notices: [notice, ...table.notices] };
}
