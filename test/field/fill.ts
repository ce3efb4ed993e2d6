/** Inputs of a case, filled by the rules that its description names. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parsePreprocessing, preprocess } from '../../src/core/image/preprocess.ts';
import { cast } from '../../src/core/tensor/cast.ts';
import { Random } from '../../src/core/tensor/random.ts';
import { type DataType, sizeOf, type Tensor, tensor } from '../../src/core/tensor/tensor.ts';
import { readNpy } from '../../src/modalities/arrays/npy.ts';
import { nodeCodecs } from '../../src/node/codecs.ts';
import type { ExpectedInput, FieldCase } from './expectation.ts';

type Fill = Readonly<Record<string, unknown>>;

/** @throws Error for a rule that is not known */
export async function filled(it: FieldCase, input: ExpectedInput, root: string): Promise<Tensor> {
  const { fill = { kind: 'zeros' }, fill_shape: shape = [] } = input;
  if (fill.kind === 'npy') {
    const file = String(fill.file ?? fill.path);
    return readNpy(new Uint8Array(await readFile(join(it.folder, file))));
  }
  if (fill.kind === 'photo') return photo(fill, root, shape);
  const values = elements(fill, shape, input.dtype);
  return tensor(input.dtype as DataType, shape, values as never);
}

function elements(fill: Fill, shape: readonly number[], dtype: string): ArrayLike<number> | Tensor['data'] {
  const integer = !dtype.includes('float') && dtype !== 'bool';
  const numbers = numbersOf(fill, shape, integer);
  if (dtype === 'float16' || dtype === 'bfloat16') {
    return cast(tensor('float32', shape, Float32Array.from(numbers)), dtype).data;
  }
  return numbers;
}

function numbersOf(fill: Fill, shape: readonly number[], integer: boolean): number[] {
  const size = sizeOf(shape);
  const each = (value: (i: number) => number): number[] => Array.from({ length: size }, (_, i) => value(i));
  const [low, high] = [Number(fill.low ?? 0), Number(fill.high ?? 1)];
  switch (fill.kind) {
    case 'zeros':
      return each(() => 0);
    case 'ones':
      return each(() => 1);
    case 'scalar':
      return each(() => Number(fill.value));
    case 'values':
      return (fill.values as unknown[]).flat(9).map(Number);
    case 'spread':
      return each((i) => {
        const share = Number((BigInt(i) * 2654435761n) % 4294967296n) / 2 ** 32;
        return integer ? Math.floor(low + (high - low + 1) * share) : low + (high - low) * share;
      });
    case 'sine':
      return each((i) => Number(fill.amplitude) * Math.sin((2 * Math.PI * Number(fill.hz) * i) / Number(fill.rate)));
    case 'bytes': {
      const text = new TextEncoder().encode(String(fill.text));
      const half = size / 2;
      return each((i) => {
        const at = i < half ? i : i - (size - text.length);
        return text[at] ?? Number(fill.pad);
      });
    }
    case 'blobs':
      return blobs(shape);
    case 'rect':
      return rectangle(fill, shape);
    default:
      throw new Error(`the rule "${fill.kind}" fills no input`);
  }
}

async function photo(fill: Fill, root: string, shape: readonly number[]): Promise<Tensor> {
  const image = await nodeCodecs().decode(new Uint8Array(await readFile(join(root, String(fill.file)))));
  const gray = fill.color === 'gray' || fill.color === 'L';
  const made = preprocess(
    image,
    parsePreprocessing({
      size: [fill.height, fill.width],
      color: gray ? 'gray' : (fill.color ?? 'RGB'),
      layout: fill.layout ?? 'NCHW',
      scale: fill.scale ?? 1,
      mean: fill.mean ?? 0,
      std: fill.std ?? 1,
    }),
  );
  return { ...made.tensor, dims: shape };
}

/** `outside` everywhere, `inside` in the box [y0, x0, y1, x1) of the last two axes. */
function rectangle(fill: Fill, shape: readonly number[]): number[] {
  const [y0, x0, y1, x1] = fill.box as [number, number, number, number];
  const [height, width] = shape.slice(-2) as [number, number];
  return Array.from({ length: sizeOf(shape) }, (_, i) => {
    const [y, x] = [Math.floor(i / width) % height, i % width];
    return Number(y >= y0 && y < y1 && x >= x0 && x < x1 ? fill.inside : fill.outside);
  });
}

/** Cells along a side of the grids that blobs are laid out on. */
const BLOBS: readonly number[] = [2, 5, 11, 23, 47];

/** Smooth images of coloured blobs of many sizes, values from 0 to 1: random grids, enlarged and added up. */
function blobs(shape: readonly number[]): number[] {
  const [, a = 1, b = 1, c = 1] = shape;
  const channelsFirst = a <= 4;
  const [height, width, channels] = channelsFirst ? [b, c, a] : [a, b, c];
  const random = new Random(7);
  const planes = Array.from({ length: channels }, (_, channel) => {
    const grids = BLOBS.map((cells) => ({
      cells,
      values: random.at(channel).uniform((cells + 1) ** 2, cells * 10_000),
    }));
    return Array.from({ length: height * width }, (_, i) =>
      grids.reduce(
        (sum, grid) => sum + enlarged(grid, Math.floor(i / width) / height, (i % width) / width) / grid.cells ** 0.3,
        0,
      ),
    );
  });
  const all = planes.flat();
  const [low, high] = all.reduce(
    ([min, max], value) => [Math.min(min, value), Math.max(max, value)],
    [Infinity, -Infinity],
  );
  return Array.from({ length: sizeOf(shape) }, (_, i) => {
    const plane = channelsFirst ? Math.floor(i / (width * height)) % channels : i % channels;
    const pixel = channelsFirst ? i % (width * height) : Math.floor(i / channels) % (width * height);
    return ((planes[plane]?.[pixel] ?? 0) - low) / (high - low);
  });
}

/** Bilinear value of a grid at a place from 0 to 1. */
function enlarged({ cells, values }: { readonly cells: number; readonly values: Float32Array }, y: number, x: number) {
  const [row, column] = [Math.floor(y * cells), Math.floor(x * cells)];
  const [down, right] = [y * cells - row, x * cells - column];
  const at = (r: number, c: number): number => values[r * (cells + 1) + c] ?? 0;
  const top = at(row, column) * (1 - right) + at(row, column + 1) * right;
  const bottom = at(row + 1, column) * (1 - right) + at(row + 1, column + 1) * right;
  return top * (1 - down) + bottom * down;
}
