/** Model bundle: the files of an uploaded model as they are sent to an origin, each named by its SHA-256. */

export interface ModelBundle {
  readonly files: BundleFiles;
  /**
   * Streams the bytes of a file from the store.
   * @throws WhylightError `model_not_found` when it was deleted in the meantime
   */
  open(sha256: string): Promise<ReadableStream<Uint8Array>>;
}

/** SHA-256 of each file in hex, by path: `manifest.json`, the ONNX file and its other files. */
export type BundleFiles = Readonly<Record<string, string>>;

/** File names only, so that no path leaves the model's folder. */
const PATH = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const SHA256 = /^[0-9a-f]{64}$/;

/** Returns true for a SHA-256 in lower-case hex. */
export const isSha256 = (text: string): boolean => SHA256.test(text);

/** Checks a value that came over the wire. */
export const isBundleFiles = (value: unknown): value is BundleFiles =>
  typeof value === 'object' &&
  value !== null &&
  Object.hasOwn(value, 'manifest.json') &&
  Object.entries(value).every(([path, sha256]) => PATH.test(path) && typeof sha256 === 'string' && isSha256(sha256));
