/** One row of inputs without some pieces: their tokens cut out, or with the baseline in their place. */
import { WhylightError } from '../errors.ts';
import { baselineOf } from '../strategy/baseline.ts';
import type { Inputs } from '../tensor/rows.ts';
import { isFloat, sizeOf, type Tensor, tensor } from '../tensor/tensor.ts';
import type { MetricContext } from './metric.ts';
import type { Pieces } from './pieces.ts';

type Removal = { readonly removal: 'auto' | 'delete' | 'baseline'; readonly baseline: number };

/** @throws WhylightError `unprocessable_method` for tokens that cannot be cut out */
export function withoutPieces(ctx: MetricContext<Removal>, pieces: Pieces, gone: readonly number[]): Inputs {
  const tokens = tokenInput(ctx, pieces);
  const { removal } = ctx.params;
  if (removal === 'delete' && tokens === undefined) {
    throw new WhylightError(
      'unprocessable_method',
      'removal=delete cuts out tokens, but the model takes no sequence of tokens of open length: use removal=baseline.',
    );
  }
  if (tokens !== undefined && removal !== 'baseline') return cutOut(ctx, pieces, gone, tokens);
  return replaced(ctx, pieces, gone);
}

/** Name of the input of token ids whose length the file leaves open. */
function tokenInput({ model, info }: MetricContext<Removal>, { mask }: Pieces): string | undefined {
  return Object.keys(mask).find((name) => {
    const fact = model.description.inputs.find((input) => input.name === name);
    const isTokens = info.inputs.some((input) => input.name === name && !isFloat(input.dtype));
    return isTokens && fact?.shape.length === 2 && typeof fact.shape[1] !== 'number';
  });
}

function cutOut({ inputs }: MetricContext<Removal>, { mask }: Pieces, gone: readonly number[], ids: string): Inputs {
  const removed = new Set(gone);
  const own = mask[ids] as Int32Array;
  const kept = [...own.keys()].filter((token) => !removed.has(own[token] as number));
  if (kept.length === 0) {
    throw new WhylightError(
      'unprocessable_method',
      'No token is left when every word is cut out: use removal=baseline.',
    );
  }
  return Object.fromEntries(
    Object.entries(inputs).map(([name, input]) => {
      const [rows, length] = input.dims;
      if (rows !== 1 || length !== own.length) return [name, input];
      // Positions count what is left; everything else moves up with its token.
      const from = /position/.test(name) ? kept.map((_, i) => i) : kept;
      return [name, columnsOf(input, from)];
    }),
  );
}

/** Columns of a row, in this order. */
function columnsOf(input: Tensor, columns: readonly number[]): Tensor {
  const width = sizeOf(input.dims.slice(2));
  const out = tensor(input.dtype, [1, columns.length, ...input.dims.slice(2)]);
  for (const [to, from] of columns.entries()) {
    for (let i = 0; i < width; i++) out.data[to * width + i] = input.data[from * width + i] as never;
  }
  return out;
}

function replaced(
  { info, inputs, baselines, params }: MetricContext<Removal>,
  { mask }: Pieces,
  gone: readonly number[],
): Inputs {
  const removed = new Set(gone);
  const changed = info.inputs.flatMap((one) => {
    const own = mask[one.name];
    const input = inputs[one.name];
    if (!own || !input) return [];
    const absent = baselineOf(input, one, params.baseline, baselines);
    const out = tensor(input.dtype, input.dims);
    for (const [i, piece] of own.entries()) out.data[i] = (removed.has(piece) ? absent : input).data[i] as never;
    return [[one.name, out] as const];
  });
  return { ...inputs, ...Object.fromEntries(changed) };
}
