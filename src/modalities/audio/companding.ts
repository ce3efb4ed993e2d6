/**
 * Decoding tables of the two logarithmic telephone codes, as 16-bit linear values.
 * @see ITU-T Recommendation G.711
 */

/** Linear value of each A-law byte. */
export function aLawTable(): Int16Array {
  return Int16Array.from({ length: 256 }, (_, byte) => {
    // Every second bit is inverted on the line.
    const code = byte ^ 0x55;
    const exponent = (code >> 4) & 7;
    const mantissa = ((code & 15) << 4) + 8;
    const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1);
    return code & 0x80 ? magnitude : -magnitude;
  });
}

/** Linear value of each mu-law byte. */
export function muLawTable(): Int16Array {
  const BIAS = 0x84;
  return Int16Array.from({ length: 256 }, (_, byte) => {
    const code = ~byte & 0xff;
    const magnitude = ((((code & 15) << 3) + BIAS) << ((code >> 4) & 7)) - BIAS;
    return code & 0x80 ? -magnitude : magnitude;
  });
}
