/** Media types of files, by extension and content. */

const BY_EXTENSION: Readonly<Record<string, string>> = {
  txt: 'text/plain',
  md: 'text/markdown',
  json: 'application/json',
  csv: 'text/csv',
  tsv: 'text/tab-separated-values',
  wav: 'audio/wav',
  wave: 'audio/wav',
  npy: 'application/x-npy',
  npz: 'application/x-npz',
  bin: 'application/octet-stream',
};

/** First bytes of formats that standard input may bring. */
const SIGNATURES: readonly (readonly [start: string, type: string])[] = [
  ['RIFF', 'audio/wav'],
  ['\u0093NUMPY', 'application/x-npy'],
  ['PK\u0003\u0004', 'application/x-npz'],
];

/** The media type without its parameters, in lower case: `text/csv` of `Text/CSV; charset=utf-8`. */
export const bareMediaType = (mediaType: string): string => mediaType.split(';')[0]?.trim().toLowerCase() ?? '';

/** Value of a parameter of a media type, without quotes: `utf-8` of `text/csv; charset="UTF-8"`, in lower case. */
export function mediaTypeParameter(mediaType: string, name: string): string | undefined {
  const parameters = mediaType
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const found = parameters.find((text) => text.startsWith(`${name}=`));
  return found?.slice(name.length + 1).replace(/^"(.*)"$/, '$1');
}

/**
 * @param extension lower case, without the dot; empty for standard input, whose content decides
 * @param accepted of the modality, its usual one first
 */
export function mediaTypeOf(extension: string, bytes: Uint8Array, accepted: readonly string[]): string {
  if (extension !== '') return BY_EXTENSION[extension] ?? accepted[0] ?? 'application/octet-stream';
  const start = String.fromCharCode(...bytes.subarray(0, 64));
  const signed = SIGNATURES.find(([signature]) => start.startsWith(signature))?.[1];
  if (signed !== undefined) return signed;
  const isJson = /^(\u00ef\u00bb\u00bf)?\s*[[{"]/.test(start) && accepted.includes('application/json');
  return isJson ? 'application/json' : (accepted[0] ?? 'application/octet-stream');
}
