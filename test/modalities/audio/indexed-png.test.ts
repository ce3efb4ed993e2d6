import { describe, expect, it } from 'vitest';
import { pngIsWhole } from '../../../src/core/image/png-checksums.ts';
import { indexedPng } from '../../../src/modalities/audio/indexed-png.ts';
import { nodeCodecs } from '../../../src/node/codecs.ts';

describe('indexedPng', () => {
  it('is a PNG file that decoders read', async () => {
    const palette = Uint8Array.of(255, 0, 0, 0, 0, 255);
    const file = indexedPng(2, 2, Uint8Array.of(0, 1, 1, 0), palette);
    expect(pngIsWhole(file)).toBe(true);
    const { width, height, data } = await nodeCodecs().decode(file);
    expect({ width, height }).toEqual({ width: 2, height: 2 });
    expect([...data]).toEqual([255, 0, 0, 255, 0, 0, 255, 255, 0, 0, 255, 255, 255, 0, 0, 255]);
  });

  it('may be longer than one stored block', async () => {
    const file = indexedPng(400, 300, new Uint8Array(120_000).fill(1), Uint8Array.of(0, 0, 0, 9, 8, 7));
    const { data } = await nodeCodecs().decode(file);
    expect([...data.subarray(-4)]).toEqual([9, 8, 7, 255]);
  });
});
