/** The constants that a model keeps in a second file beside it. */

/** Alignment of a constant in the file, in bytes: a cache line. */
const ALIGNMENT = 64;

/** The second file while it is being filled: each distinct stretch of memory once. */
export class ExternalStore {
  readonly threshold: number;
  private readonly path: string;
  private readonly offsets = new Map<ArrayBufferLike, Map<string, number>>();
  private readonly placed: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
  private end = 0;

  constructor(path: string, threshold: number) {
    this.path = path;
    this.threshold = threshold;
  }

  get used(): boolean {
    return this.placed.length > 0;
  }

  /** Takes the bytes in, and says where they are as ONNX puts it. */
  position(bytes: Uint8Array): { key: string; value: string }[] {
    const known = this.offsets.get(bytes.buffer) ?? new Map<string, number>();
    this.offsets.set(bytes.buffer, known);
    const key = `${bytes.byteOffset}+${bytes.byteLength}`;
    let offset = known.get(key);
    if (offset === undefined) {
      offset = Math.ceil(this.end / ALIGNMENT) * ALIGNMENT;
      known.set(key, offset);
      this.placed.push({ offset, bytes });
      this.end = offset + bytes.byteLength;
    }
    return [
      { key: 'location', value: this.path },
      { key: 'offset', value: String(offset) },
      { key: 'length', value: String(bytes.byteLength) },
    ];
  }

  file(): { path: string; data: Uint8Array; parts: readonly { offset: number; bytes: Uint8Array }[] } {
    const data = new Uint8Array(this.end);
    for (const { offset, bytes } of this.placed) data.set(bytes, offset);
    return { path: this.path, data, parts: this.placed };
  }
}
