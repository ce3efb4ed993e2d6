/** Pieces of an input that a person would point at, each with one value: words, columns, tokens, positions. */
import { WhylightError } from '../errors.ts';
import { valuesByInput } from '../model/embeddings/values-by-input.ts';
import { imageInput, type TensorInfo } from '../model/info.ts';
import { positionsOf } from '../strategy/perturbation/positions.ts';
import { sizeOf, type Tensor } from '../tensor/tensor.ts';
import type { MetricContext } from './metric.ts';

export interface Pieces {
  readonly count: number;
  /** Indices of all pieces. */
  readonly all: Iterable<number>;
  /** One value for each piece: the sum over its elements. */
  readonly importance: Float64Array;
  /** By input name: index of the piece of each element of a row (of each token for token ids), -1 for none. */
  readonly mask: Readonly<Record<string, Int32Array>>;
}

type PieceContext = Pick<MetricContext<unknown>, 'info' | 'inputs' | 'row'>;

/**
 * Returns the pieces of the explained row: those of its modality, else each token, column or position.
 * @throws WhylightError `unprocessable_method` when the attribution is of a layer that has no place in the input
 */
export function piecesOf(ctx: PieceContext): Pieces {
  const mask = ctx.info.features?.mask ?? masksOf(ctx);
  const values = inputValues(ctx);
  const count = 1 + Math.max(-1, ...Object.values(mask).map((own) => own.reduce((a, b) => Math.max(a, b), -1)));
  const importance = new Float64Array(count);
  for (const [input, own] of Object.entries(mask)) {
    const data = values[input];
    if (!data) continue;
    // Values of an embedding follow those of their token.
    const channels = Math.max(1, Math.floor(data.length / own.length));
    for (const [i, piece] of own.entries()) {
      if (piece < 0) continue;
      for (let c = i * channels; c < (i + 1) * channels; c++) {
        importance[piece] = (importance[piece] as number) + (data[c] as number);
      }
    }
  }
  return { count, all: importance.keys(), importance, mask };
}

/** Indices of the pieces, most important first; equal ones in their order. */
export const rankedPieces = ({ importance }: Pieces): number[] =>
  [...importance.keys()].sort((a, b) => (importance[b] as number) - (importance[a] as number) || a - b);

/** Values by the input that they belong to; those of an image are its map's, spread over channels. */
function inputValues({ info, inputs, row }: PieceContext): Readonly<Record<string, ArrayLike<number>>> {
  const image = imageInput(info);
  const byInput = valuesByInput(info.sources, row.values, (input) => sizeOf((inputs[input] as Tensor).dims.slice(1)));
  const values: Record<string, ArrayLike<number>> = Object.fromEntries(
    Object.entries(byInput).flatMap(([input, { data }]) => (inputs[input] ? [[input, data] as const] : [])),
  );
  if (image && row.map && !values[image.name]) {
    const { ids } = positionsOf(known(image, inputs[image.name] as Tensor));
    values[image.name] = Float32Array.from(ids, (position) => row.map?.data[position] as number);
  }
  if (Object.keys(values).length > 0) return values;
  throw new WhylightError(
    'unprocessable_method',
    'The attribution is of an inner layer that has no place in the input: there is nothing to remove.',
    { layers: Object.keys(row.values) },
  );
}

/** A piece for each position of the inputs that have values. */
function masksOf(ctx: PieceContext): Pieces['mask'] {
  const values = inputValues(ctx);
  let first = 0;
  return Object.fromEntries(
    ctx.info.inputs
      .filter(({ name }) => values[name])
      .map((input) => {
        const { ids, count } = positionsOf(known(input, ctx.inputs[input.name] as Tensor));
        const start = first;
        first += count;
        return [input.name, Int32Array.from(ids, (position) => start + position)];
      }),
  );
}

const known = (info: TensorInfo, row: Tensor): TensorInfo => ({ ...info, dims: row.dims.slice(1) });
