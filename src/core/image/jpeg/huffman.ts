/** Huffman codes of JPEG files (ITU-T T.81, annex C). */

/** Code lengths and symbols, as a DHT segment lists them. */
export interface HuffmanTable {
  /** Number of codes of 1 to 16 bits. */
  readonly counts: ArrayLike<number>;
  /** Symbols in the order of their codes. */
  readonly symbols: ArrayLike<number>;
}

/** Codes by symbol; the length of a symbol without a code is 0. */
export interface HuffmanCodes {
  readonly codes: Uint16Array;
  readonly lengths: Uint8Array;
}

const BITS = 16;

/** Calls `use` for each symbol with its code, the shortest first. @throws Error for more codes than there is room for */
function assignCodes({ counts, symbols }: HuffmanTable, use: (symbol: number, code: number, bits: number) => void) {
  let [code, index] = [0, 0];
  for (let bits = 1; bits <= BITS; bits++) {
    for (let i = 0; i < (counts[bits - 1] as number); i++) {
      if (code >= 2 ** bits || index >= symbols.length) throw new Error('a Huffman table is damaged');
      use(symbols[index++] as number, code++, bits);
    }
    code *= 2;
  }
}

/**
 * Makes the table that decodes: for each of the 65,536 values of the next 16 bits, the length of the code at their start
 * times 256, plus its symbol; 0 where no code begins like this.
 */
export function decodingTable(table: HuffmanTable): Uint16Array {
  const found = new Uint16Array(2 ** BITS);
  assignCodes(table, (symbol, code, bits) => {
    const shift = BITS - bits;
    found.fill((bits << 8) | symbol, code << shift, (code + 1) << shift);
  });
  return found;
}

export function encodingTable(table: HuffmanTable): HuffmanCodes {
  const [codes, lengths] = [new Uint16Array(256), new Uint8Array(256)];
  assignCodes(table, (symbol, code, bits) => {
    codes[symbol] = code;
    lengths[symbol] = bits;
  });
  return { codes, lengths };
}
