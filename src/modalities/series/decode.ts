/** Series from the bytes of a file or a request. */
import { WhylightError } from '../../core/errors.ts';
import { parseJson } from '../../core/json.ts';
import { bareMediaType, mediaTypeParameter } from '../../core/modality/media-type.ts';
import { readNpy } from '../arrays/npy.ts';
import { decodeText } from '../tabular/decode-text.ts';
import { readCsvSeries } from './read-csv.ts';
import { arraySeries, readJsonSeries } from './read-json.ts';
import { invalidSeries, type Series } from './series.ts';

export const SERIES_MEDIA_TYPES = ['text/csv', 'application/json', 'application/x-npy'] as const;

/**
 * One series: CSV with a column for each channel, JSON, or an array of NumPy. Of texts the parameter `charset` is heeded.
 * @throws WhylightError `unsupported_media_type`, or `invalid_request` with the place of what is wrong.
 */
export function decodeSeries(bytes: Uint8Array, mediaType: string): Series {
  if (bytes.length === 0) throw invalidSeries('The series is empty: it has 0 bytes.');
  const charset = mediaTypeParameter(mediaType, 'charset');
  switch (bareMediaType(mediaType)) {
    case 'text/csv':
      return fromText(bytes, charset, readCsvSeries);
    case 'application/json':
      return fromText(bytes, charset, (text) => readJsonSeries(json(text)));
    case 'application/x-npy':
      return arraySeries(readNpy(bytes, 'the series'));
    default:
      throw new WhylightError(
        'unsupported_media_type',
        `A series does not come as ${mediaType}: use ${SERIES_MEDIA_TYPES.join(', ')}.`,
        { mediaType, supported: SERIES_MEDIA_TYPES },
      );
  }
}

/** Says which encoding was taken, where the file does not. */
function fromText(bytes: Uint8Array, charset: string | undefined, read: (text: string) => Series): Series {
  const { text, notice } = decodeText(bytes, charset);
  const series = read(text);
  return notice === undefined ? series : { ...series, notes: [notice, ...series.notes] };
}

function json(text: string): unknown {
  try {
    return parseJson(text, 'The series');
  } catch (error) {
    // What a request holds is not a configuration.
    throw WhylightError.is(error, 'invalid_config') ? invalidSeries(error.message, error.details) : error;
  }
}
