/** Files for taking along. */

import type { Image } from '../core/image/image.ts';
import type { MapValues } from './answer.ts';
import { canvasOf } from './image-input.ts';

export function save(name: string, blob: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The download has begun by then, and the memory is given back.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export const saveCanvas = (name: string, canvas: HTMLCanvasElement): void =>
  canvas.toBlob((blob) => blob && save(`${name}.png`, blob), 'image/png');

export const savePng = (name: string, image: Image): void => saveCanvas(name, canvasOf(image));

export const saveJson = (name: string, document: unknown): void =>
  save(`${name}.json`, new Blob([JSON.stringify(document, undefined, 1)], { type: 'application/json' }));

export const saveNpy = (name: string, map: MapValues): void =>
  save(`${name}.npy`, new Blob([npy(map)], { type: 'application/octet-stream' }));

/** NumPy's file format, version 1.0: little-endian float32, [height, width]. */
export function npy({ width, height, values }: MapValues): Uint8Array<ArrayBuffer> {
  const head = `{'descr': '<f4', 'fortran_order': False, 'shape': (${height}, ${width}), }`;
  // Magic, version and length take ten bytes; the data begin at a multiple of 64.
  const length = Math.ceil((10 + head.length + 1) / 64) * 64 - 10;
  const out = new Uint8Array(10 + length + values.length * 4);
  out.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, length & 255, length >> 8]);
  out.set(new TextEncoder().encode(`${head.padEnd(length - 1)}\n`), 10);
  const view = new DataView(out.buffer, 10 + length);
  for (const [i, value] of values.entries()) view.setFloat32(i * 4, value, true);
  return out;
}
