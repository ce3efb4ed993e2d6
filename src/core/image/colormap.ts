/** Colour maps: a number of 0..1 to a colour. Tables of 256 entries, drawn linearly through evenly spaced anchors. */
import { nearest, WhylightError } from '../errors.ts';
import type { Color } from './image.ts';

/**
 * Anchors in hexadecimal. With 33 of them no entry is off the published table by more than 2 of 255.
 * - viridis, inferno, magma: S. van der Walt, N. Smith, matplotlib; CC0.
 * - turbo: A. Mikhailov, Google, 2019; Apache-2.0.
 * - coolwarm: K. Moreland, "Diverging color maps for scientific visualization", 2009; from 59 76 192 to 180 4 38.
 * - RdBu_r: ColorBrewer 2.0 (C. Brewer), 11 classes, reversed; Apache-2.0.
 * - jet: the piecewise linear map of MATLAB and OpenCV. Uneven to the eye: for comparison with older images.
 */
const ANCHORS = {
  viridis:
    '440154 470d60 48186a 482374 472d7b 453781 424086 3e4989 3b528b 375b8d 33638d 2f6b8e 2c728e 297a8e 26828e 23898e ' +
    '21908c 1f978b 1f9f88 21a685 27ad81 31b57b 3ebc74 4dc26c 5cc863 6ece58 82d34d 95d840 aadc32 c0df25 d5e21a eae51a fde725',
  inferno:
    '000004 040312 0b0724 150b37 210c4a 2f0a5b 3d0965 4a0c6b 56106e 63156e 70196e 7d1e6d 89226a 962766 a32c61 af315b ' +
    'bb3654 c63d4d d14545 da4f3c e35932 eb6529 f1721e f67f14 f98c0a fb9b06 fcaa0f fbba1f f9c932 f5d949 f2e865 f3f586 fcffa4',
  magma:
    '000004 030312 0a0822 130d34 1d1147 29115a 36106b 440f76 50127c 5d177f 691c81 762181 822681 8f2a81 9c2e7f a9337d ' +
    'b6367a c33b75 cf4070 db476a e65164 ee5c5e f46a5c f9785d fb8861 fd9668 fea571 feb47b fec287 fed194 fde0a1 fceeb0 fcfdbf',
  turbo:
    '30123b 392a73 4040a2 4456c7 466be3 4680f6 4293ff 37a7fa 28bbec 1dccd9 18dcc3 1ee8b0 31f299 4cf97e 6bfe64 8aff4c ' +
    'a2fc3c b8f735 cced34 dee037 edd03a f7c03a fdad35 fe982c fb8022 f56818 ec520f e14109 d23105 c12302 ac1701 950d01 7a0403',
  jet: '00007f 0000ff 007fff 00ffff 7fff7f ffff00 ff7f00 ff0000 7f0000',
  gray: '000000 ffffff',
  coolwarm:
    '3b4cc0 445acc 4e68d8 5875e1 6282ea 6c8ff1 779af7 82a6fb 8db0fe 98b9ff a3c2fe aec9fc b8d0f9 c2d5f4 ccd9ed d5dbe5 ' +
    'dcdcdc e4d9d2 ebd3c6 f1cdb9 f4c5ad f7bba0 f7b194 f7a687 f49a7b f18d6f ec7f63 e57058 de614d d55042 cb3e38 c0282f b40426',
  RdBu_r: '053061 2166ac 4393c3 92c5de d1e5f0 f7f7f7 fddbc7 f4a582 d6604d b2182b 67001f',
} as const;

export type ColormapName = keyof typeof ANCHORS;

/** Every colour map by name. The last two are diverging: their middle is neutral, for values of either sign. */
export const colormaps = Object.keys(ANCHORS) as [ColormapName, ...ColormapName[]];

const tables = new Map<string, Uint8Array>();

/**
 * 256 colours, three bytes each.
 * @throws WhylightError `invalid_request` for a name that is not in `colormaps`.
 */
export function colormap(name: ColormapName): Uint8Array {
  const known = tables.get(name);
  if (known) return known;
  if (!Object.hasOwn(ANCHORS, name)) {
    throw new WhylightError(
      'invalid_request',
      `There is no colour map "${name}". Use one of ${colormaps.join(', ')}.`,
      {
        allowed: colormaps,
        nearest: nearest(name, colormaps),
      },
    );
  }
  const anchors = ANCHORS[name].split(' ').map(parseColor);
  const table = new Uint8Array(256 * 3);
  for (let i = 0; i < 256; i++) {
    const at = (i / 255) * (anchors.length - 1);
    const below = Math.min(Math.floor(at), anchors.length - 2);
    const [from, to] = [anchors[below] as Color, anchors[below + 1] as Color];
    for (let c = 0; c < 3; c++) {
      const start = from[c] as number;
      table[i * 3 + c] = Math.round(start + ((to[c] as number) - start) * (at - below));
    }
  }
  tables.set(name, table);
  return table;
}

const parseColor = (hex: string): Color => {
  const value = Number.parseInt(hex, 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
};
