/**
 * A text on its way through normalisation, which knows for every UTF-16 unit the place of the original text that it
 * came from.
 */

/** Number of UTF-16 units (1 or 2) of the character that starts at `index`. */
export function unitsAt(text: string, index: number): 1 | 2 {
  const unit = text.charCodeAt(index);
  if (unit < 0xd800 || unit > 0xdbff || index + 1 >= text.length) return 1;
  const next = text.charCodeAt(index + 1);
  return next >= 0xdc00 && next <= 0xdfff ? 2 : 1;
}

/** True where `index` is the second half of a surrogate pair. */
function isSecondHalf(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  return unit >= 0xdc00 && unit <= 0xdfff && index > 0 && unitsAt(text, index - 1) === 2;
}

/**
 * Immutable. Offsets are UTF-16 units of the original text; both halves of a surrogate pair have the same place.
 *
 * Without explicit places, unit `i` came from unit `shift + i` of the original: this is how every text begins, and most
 * texts stay so, which saves the two arrays.
 */
export class AlignedText {
  readonly text: string;
  /** Unit of the original text at which this part begins. */
  readonly shift: number;
  private readonly starts: Int32Array | undefined;
  private readonly ends: Int32Array | undefined;

  constructor(text: string, shift = 0, starts?: Int32Array, ends?: Int32Array) {
    this.text = text;
    this.shift = shift;
    this.starts = starts;
    this.ends = ends;
  }

  get length(): number {
    return this.text.length;
  }

  /** First unit of the original text that unit `index` came from. */
  startAt(index: number): number {
    if (this.starts) return this.starts[index] as number;
    return this.shift + (isSecondHalf(this.text, index) ? index - 1 : index);
  }

  /** Unit of the original text after the last one that unit `index` came from. */
  endAt(index: number): number {
    if (this.ends) return this.ends[index] as number;
    return this.shift + (isSecondHalf(this.text, index) ? index + 1 : index + unitsAt(this.text, index));
  }

  /** Units `from` to `to` as a text of its own. */
  slice(from: number, to: number): AlignedText {
    const text = this.text.slice(from, to);
    if (!this.starts || !this.ends) return new AlignedText(text, this.shift + from);
    const shift = from < to ? (this.starts[from] as number) : this.shift;
    return new AlignedText(text, shift, this.starts.subarray(from, to), this.ends.subarray(from, to));
  }

  /** Another text of the same length whose units came from the same places. */
  withText(text: string): AlignedText {
    return text === this.text ? this : new AlignedText(text, this.shift, this.starts, this.ends);
  }
}

/**
 * Builds an AlignedText from another one, character by character, from left to right. A new character either takes the
 * place of the next one of the source, or is inserted and shares the place of the source's previous one.
 */
export class Rewrite {
  private readonly source: AlignedText;
  private position = 0;
  private readonly parts: string[] = [];
  private readonly starts: number[] = [];
  private readonly ends: number[] = [];

  constructor(source: AlignedText) {
    this.source = source;
  }

  /** Writes `character` in place of the next character of the source. */
  replace(character: string): void {
    const { source, position } = this;
    this.write(character, source.startAt(position), source.endAt(position));
    this.position += unitsAt(source.text, position);
  }

  /** Writes `character` beside the previous character of the source; at the start, it has an empty place. */
  insert(character: string): void {
    const { source, position } = this;
    if (position === 0) this.write(character, source.shift, source.shift);
    else this.write(character, source.startAt(position - 1), source.endAt(position - 1));
  }

  /** Leaves out the next `count` characters of the source. */
  drop(count = 1): void {
    for (let i = 0; i < count; i++) this.position += unitsAt(this.source.text, this.position);
  }

  /** Copies the source up to unit `end`. */
  copy(end: number): void {
    const { source } = this;
    this.parts.push(source.text.slice(this.position, end));
    for (let i = this.position; i < end; i++) {
      this.starts.push(source.startAt(i));
      this.ends.push(source.endAt(i));
    }
    this.position = end;
  }

  /** Leaves out the source up to unit `end`. */
  skip(end: number): void {
    this.position = end;
  }

  finish(): AlignedText {
    return new AlignedText(
      this.parts.join(''),
      this.source.shift,
      Int32Array.from(this.starts),
      Int32Array.from(this.ends),
    );
  }

  private write(character: string, start: number, end: number): void {
    this.parts.push(character);
    for (let i = 0; i < character.length; i++) {
      this.starts.push(start);
      this.ends.push(end);
    }
  }
}

/** A character of a new text, and how it stands to the source: 0 replaces one, 1 is inserted, -n removes n more behind. */
export interface Change {
  character: string;
  change: number;
}

/** The text that a list of changes makes of `source`. */
export function applyChanges(source: AlignedText, changes: readonly Change[]): AlignedText {
  const rewrite = new Rewrite(source);
  for (const { character, change } of changes) {
    if (change > 0) rewrite.insert(character);
    else rewrite.replace(character);
    if (change < 0) rewrite.drop(-change);
  }
  return rewrite.finish();
}
