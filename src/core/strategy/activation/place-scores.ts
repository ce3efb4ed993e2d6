/** Scores of a layer of which a single place is left, with or without its surroundings: the runs of Recipro-CAM. */
import * as z from 'zod';
import { WhylightError } from '../../errors.ts';
import { choice } from '../../method/choice.ts';
import type { ExplainContext } from '../../method/contract.ts';
import { type Layout, layoutOf } from '../../method/layout.ts';
import type { ModelInfo, TensorInfo } from '../../model/info.ts';
import { knownDims } from '../../model/known-dims.ts';
import type { Float32Tensors } from '../../tensor/rows.ts';
import { emptyRows, sliceRows } from '../../tensor/rows.ts';
import { sizeOf, type Tensor } from '../../tensor/tensor.ts';
import { inPortions, slotsOf } from '../inner-method/progress.ts';

/** Parameters of methods that keep one place of a layer at a time. */
export const placeParameters = {
  mask: choice(
    ['gaussian', 'single'],
    'gaussian',
    'What is kept of the layer: a place and its neighbours, weighted with a kernel of three positions along each axis, or the place alone.',
  ),
  response: choice(
    ['score', 'probability'],
    'score',
    'Which answer makes the map: the score of the target, or its softmax probability among all scores.',
  ),
  scaled: z
    .boolean()
    .default(true)
    .describe('Scales the map to [0, 1]; without it, the values are the answers themselves.'),
};

export interface PlaceParams {
  readonly mask: 'gaussian' | 'single';
  readonly response: 'score' | 'probability';
  readonly scaled: boolean;
}

/** Weights of the kernel along one axis, before, at and behind the place: their products sum to 1. */
const KERNEL = [0.25, 0.5, 0.25];

/** The places of a layer: their number, and their shape. */
export interface Places {
  readonly layout: Layout;
  readonly channels: number;
  readonly space: readonly number[];
  readonly count: number;
  /** Position of each place in the layer; absent where positions are in the order of places. */
  readonly positions?: readonly number[];
}

/** @throws WhylightError `unprocessable_method` for a layer whose shape is not known before the run, or with one place. */
export function placesOf(layer: TensorInfo, model: ModelInfo): Places {
  const dims = knownDims(layer);
  const layout = layoutOf(layer, model);
  const around = layout.channels === 'first' ? dims.slice(1) : dims.slice(0, -1);
  const space = layout.grid ?? around;
  const count = sizeOf(space);
  const positions = layout.order && positionsOf(layout.order);
  if (around.length > 0 && count > 1) {
    return { layout, channels: sizeOf(dims) / sizeOf(around), space, count, ...(positions && { positions }) };
  }
  throw new WhylightError(
    'unprocessable_method',
    `The layer "${layer.name}" [${dims.join(', ')}] has no places to tell apart: name a feature map or tokens in target_layer.`,
    { parameter: 'target_layer' },
  );
}

/** Position of each place, from the place of each position. */
function positionsOf(order: readonly number[]): readonly number[] {
  const positions = new Array<number>(order.length).fill(0);
  for (const [position, place] of order.entries()) positions[place] = position;
  return positions;
}

/** The places that are kept around a place, and how much of each. */
export function neighbours(space: readonly number[], place: number, mask: PlaceParams['mask']): Map<number, number> {
  if (mask === 'single') return new Map([[place, 1]]);
  let kept = new Map([[0, 1]]);
  let [rest, unit] = [place, space.reduce((product, dim) => product * dim, 1)];
  for (const dim of space) {
    unit /= dim;
    const at = Math.floor(rest / unit);
    rest %= unit;
    const next = new Map<number, number>();
    for (const [before, weight] of kept) {
      for (const [i, factor] of KERNEL.entries()) {
        const there = at + i - 1;
        if (there >= 0 && there < dim) next.set(before + there * unit, weight * factor);
      }
    }
    kept = next;
  }
  return kept;
}

export interface PlaceRun extends PlaceParams {
  readonly places: Places;
  /** Values of the tensors that are masked, one row each, all in the layout of the places. */
  readonly values: Float32Tensors;
  /** Name of the method's graph that takes the tensors as rows. */
  readonly graph: string;
  /** False sets the tokens that stand for no place to zero. */
  readonly keepPrefix?: boolean;
}

/** The answer to each place: one row for each, all else of the layer zero. */
export async function placeScores<P>(
  ctx: Pick<ExplainContext<P>, 'batchSize' | 'evaluate' | 'inputs' | 'model' | 'prefetch' | 'target'>,
  { places, values, graph, keepPrefix = true, mask, response }: PlaceRun,
): Promise<Float64Array> {
  const answers = new Float64Array(places.count);
  const rooms = Array.from({ length: slotsOf(ctx) }, () =>
    Object.fromEntries(
      Object.entries(values).map(([name, { dims }]) => [
        name,
        emptyRows('float32', Math.min(ctx.batchSize, places.count), dims.slice(1)),
      ]),
    ),
  );
  await inPortions(
    ctx,
    places.count,
    ({ first, count, slot }) => {
      const room = rooms[slot] as Record<string, Tensor<'float32'>>;
      const written = Object.entries(room).map(([name, all]) => {
        const rows = sliceRows(all, 0, count);
        rows.data.fill(0);
        for (let i = 0; i < count; i++) {
          keep(places, (values[name] as Tensor<'float32'>).data, rows.data, i, first + i, { mask, keepPrefix });
        }
        return [name, rows];
      });
      return { ...ctx.inputs, ...Object.fromEntries(written) };
    },
    ({ scores, activations }, { first }) => {
      const all = activations[ctx.model.scores.name];
      for (const [i, score] of scores.entries()) {
        answers[first + i] = response === 'score' || !all ? score : probability(ctx, sliceRows(all, i, i + 1).data);
      }
    },
    { graph },
  );
  return answers;
}

/** Writes what is kept of one row of a tensor into row `row`. */
function keep(
  { layout: { channels: order, prefix }, channels, space, count, positions }: Places,
  from: Float32Array,
  to: Float32Array,
  row: number,
  place: number,
  { mask, keepPrefix }: { mask: PlaceParams['mask']; keepPrefix: boolean },
): void {
  const start = row * from.length;
  if (keepPrefix && order === 'last') to.set(from.subarray(0, prefix * channels), start);
  for (const [there, weight] of neighbours(space, place, mask)) {
    const at = positions?.[there] ?? there;
    for (let c = 0; c < channels; c++) {
      const i = order === 'first' ? c * count + at : (prefix + at) * channels + c;
      to[start + i] = weight * (from[i] as number);
    }
  }
}

/** @throws WhylightError `unprocessable_method` where no class has a probability among all scores. */
export function checkResponse({ response }: PlaceParams, { scores }: ModelInfo): void {
  if (response === 'score' || scores.dims.length === 1) return;
  throw new WhylightError(
    'unprocessable_method',
    `response=probability needs one row of class scores, but "${scores.name}" has the shape [${scores.dims.join(', ')}]: take response=score.`,
    { parameter: 'response' },
  );
}

/** Softmax probability, added up with the weights of the target. */
function probability({ target }: Pick<ExplainContext<unknown>, 'target'>, scores: Float32Array): number {
  let highest = -Infinity;
  for (const score of scores) highest = Math.max(highest, score);
  let total = 0;
  for (const score of scores) total += Math.exp(score - highest);
  return target.weights.reduce(
    (sum, { index, weight }) => sum + (weight * Math.exp((scores[index] as number) - highest)) / total,
    0,
  );
}
