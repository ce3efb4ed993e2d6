/** Bits of an entropy-coded segment of a JPEG file (ITU-T T.81, annex F.2.2.5), its stuffed zero bytes left out. */
export class BitReader {
  private readonly bytes: Uint8Array;
  private at: number;
  private buffer = 0;
  private count = 0;
  /** Bits that stand in for those behind the end of a segment, at the end of the buffer. */
  private absent = 0;

  /** @param at position of the first byte */
  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  /** Reads the symbol of the next code. @throws Error for bits that are no code */
  symbol(table: Uint16Array): number {
    if (this.count < 16) this.fill();
    const found = table[(this.buffer >>> (this.count - 16)) & 0xffff] as number;
    if (found === 0) throw new Error('the data holds an invalid code');
    this.count -= found >> 8;
    return found & 0xff;
  }

  /** Reads a number of 0 to 16 bits. */
  bits(length: number): number {
    if (this.count < length) this.fill();
    this.count -= length;
    return (this.buffer >>> this.count) & ((1 << length) - 1);
  }

  /** Reads a number of 0 to 16 bits whose first bit is 0 for those below zero (F.2.2.1, EXTEND). */
  signed(length: number): number {
    if (length === 0) return 0;
    const value = this.bits(length);
    return value < 1 << (length - 1) ? value - (1 << length) + 1 : value;
  }

  /** @throws Error where more bits were read than there are */
  check(): void {
    if (this.count < this.absent) throw new Error('the data of a scan is cut short');
  }

  /** Goes on behind the next restart marker. @throws Error where none follows */
  restart(): void {
    this.check();
    while (this.at + 1 < this.bytes.length && !this.isMarker(this.at)) this.at++;
    const marker = this.bytes[this.at + 1] ?? 0;
    if (marker < 0xd0 || marker > 0xd7) throw new Error('a restart marker is missing');
    this.at += 2;
    [this.buffer, this.count, this.absent] = [0, 0, 0];
  }

  /** Fills the buffer of 32 bits with whole bytes; zeros stand for those behind the end. */
  private fill(): void {
    while (this.count <= 24) {
      let byte = 0;
      if (this.at >= this.bytes.length || this.isMarker(this.at)) this.absent += 8;
      else {
        byte = this.bytes[this.at++] as number;
        if (byte === 0xff) this.at++;
      }
      this.buffer = (this.buffer << 8) | byte;
      this.count += 8;
    }
  }

  private isMarker(at: number): boolean {
    return this.bytes[at] === 0xff && this.bytes[at + 1] !== 0;
  }
}
