/** The files of an uploaded model, as they go to a server that does not hold them: each is named by its content. */
export interface Parcel {
  readonly files: ParcelFiles;
  /**
   * The bytes of a file, as they come from the store.
   * @throws WhylightError `model_not_found` when it was deleted in the meantime
   */
  open(sha256: string): Promise<ReadableStream<Uint8Array>>;
}

/** SHA-256 of each file, in hex, by path: `manifest.json`, the ONNX file and what belongs to it. */
export type ParcelFiles = Readonly<Record<string, string>>;

/** Paths are file names, so that nobody reaches out of a folder with one. */
const PATH = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const SHA256 = /^[0-9a-f]{64}$/;

export const isSha256 = (text: string): boolean => SHA256.test(text);

/** Whether it came through the wire as it should be. */
export const isParcelFiles = (value: unknown): value is ParcelFiles =>
  typeof value === 'object' &&
  value !== null &&
  Object.hasOwn(value, 'manifest.json') &&
  Object.entries(value).every(([path, sha256]) => PATH.test(path) && typeof sha256 === 'string' && isSha256(sha256));
