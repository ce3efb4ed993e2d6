import { describe, expect, it } from 'vitest';
import { readNpz } from '../../../src/modalities/arrays/npz.ts';

const decode = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

/** numpy.savez_compressed(file, x=zeros((3, 4), 'f4'), ids=array([[7, 8]])) */
const DEFLATED = decode(
  'UEsDBC0AAAAIAAAAIQDAoczq//////////8FABQAeC5ucHkBABAAsAAAAAAAAABJAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqKuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GsY6CiaaOgq1CmQDLgYSAQBQSwMELQAAAAgAAAAhAOXJORT//////////wcAFABpZHMubnB5AQAQAJAAAAAAAAAATAAAAAAAAACb7BfqGxDJyFDGUK2eklqcXKRupaBuk2mhrqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RqGOgpGmjoKtQpkAy52BgjggNIAUEsBAi0DLQAAAAgAAAAhAMChzOpJAAAAsAAAAAUAAAAAAAAAAAAAAIABAAAAAHgubnB5UEsBAi0DLQAAAAgAAAAhAOXJORRMAAAAkAAAAAcAAAAAAAAAAAAAAIABgAAAAGlkcy5ucHlQSwUGAAAAAAIAAgBoAAAABQEAAAAA',
);
/** numpy.savez(file, x=array([1, 2], 'f4')) */
const STORED = decode(
  'UEsDBC0AAAAAAAAAIQCayqvn//////////8FABQAeC5ucHkBABAAiAAAAAAAAACIAAAAAAAAAJNOVU1QWQEAdgB7J2Rlc2NyJzogJzxmNCcsICdmb3J0cmFuX29yZGVyJzogRmFsc2UsICdzaGFwZSc6ICgyLCksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAKAACAPwAAAEBQSwECLQMtAAAAAAAAACEAmsqr54gAAACIAAAABQAAAAAAAAAAAAAAgAEAAAAAeC5ucHlQSwUGAAAAAAEAAQAzAAAAvwAAAAAA',
);

/** The same bytes with one 32-bit number replaced, counted from the end. */
function patched(file: Uint8Array, fromEnd: number, value: number, bytes = 4): Uint8Array {
  const copy = file.slice();
  for (let i = 0; i < bytes; i++) copy[copy.length - fromEnd + i] = (value >> (8 * i)) & 255;
  return copy;
}
/** Fields of the last entry of the directory of DEFLATED, by their distance from the end of the file. */
const SIZE = 22 + 46 + 7 - 24;
const METHOD = 22 + 46 + 7 - 10;
const FLAGS = 22 + 46 + 7 - 8;

describe('NPZ files', () => {
  it('yield deflated arrays by name', async () => {
    const arrays = await readNpz(DEFLATED);
    expect([...arrays.keys()]).toEqual(['x', 'ids']);
    expect(arrays.get('x')).toMatchObject({ dtype: 'float32', dims: [3, 4] });
    expect([...(arrays.get('ids')?.data ?? [])]).toEqual([7n, 8n]);
  });

  it('yield stored arrays by name', async () => {
    const arrays = await readNpz(STORED);
    expect([...(arrays.get('x')?.data ?? [])]).toEqual([1, 2]);
  });

  it.each([
    ['are not a ZIP archive', new TextEncoder().encode('not an archive, only a text'), 'is not a ZIP archive'],
    ['are truncated', DEFLATED.subarray(0, -30), 'is cut off: the directory at its end is missing'],
    ['have no entries', patched(patched(new Uint8Array(22), 22, 0x06054b50), 12, 0), 'holds no arrays'],
    ['declare too small a size', patched(DEFLATED, SIZE, 20), 'is damaged'],
    ['declare too large a size', patched(DEFLATED, SIZE, 0x7fff), 'is damaged'],
    ['use an unsupported compression method', patched(DEFLATED, METHOD, 14, 2), 'packed by method 14'],
    ['are encrypted', patched(DEFLATED, FLAGS, 1, 2), 'is encrypted'],
  ])('are refused when they %s', async (_, file, message) => {
    await expect(readNpz(file, { name: 'x.npz' })).rejects.toThrow(
      expect.objectContaining({ code: 'invalid_tensor', message: expect.stringContaining(message) }),
    );
  });

  it('above the limit are refused before they are inflated', async () => {
    await expect(readNpz(DEFLATED, { maxBytes: 100 })).rejects.toThrow(
      expect.objectContaining({ code: 'payload_too_large' }),
    );
  });
});
