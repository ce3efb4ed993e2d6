/** Runs any number of rows through a compiled graph, in batches that fit. */

import { throwIfAborted } from '../abort.ts';
import { COTANGENT, gradientName, hessianVectorName } from '../autodiff/names.ts';
import { counted } from '../counted.ts';
import type { Session } from '../engine/engine.ts';
import { WhylightError } from '../errors.ts';
import type { Target } from '../model/target-request.ts';
import { cast } from '../tensor/cast.ts';
import type { Float32Tensors, Inputs } from '../tensor/rows.ts';
import { emptyRows, repeatRow, rowsOf, sliceRows } from '../tensor/rows.ts';
import { type DataType, sizeOf, type Tensor, tensor } from '../tensor/tensor.ts';
import { isBroadcast, mixtureFeed } from './mix-inputs.ts';
import type { ResolvedNeeds, Variant } from './variant.ts';

export interface RunnableGraph {
  readonly variant: Variant;
  readonly session: Session;
  /** Shape of one row of the scores. */
  readonly scoreDims: readonly number[];
  /** Rows that run at once. */
  readonly batchSize: number;
  /** Every run takes exactly `batchSize` rows. */
  readonly fixed: boolean;
  /** Targets of one row that run at once over one forward pass; absent where each needs a forward pass of its own. */
  readonly targetsAtOnce?: number;
}

export interface RunControl {
  readonly signal: AbortSignal;
  /** Called before each batch, to let others have a turn where that is due; see `paced`. */
  readonly pause?: () => Promise<void> | undefined;
  /** Told after each batch. */
  readonly done?: (rows: number) => void;
}

export interface RawEvaluation {
  /** Every element of the scores, row by row. */
  readonly scores: Tensor<'float32'>;
  readonly gradients: Float32Tensors;
  readonly activations: Float32Tensors;
  /** Present where the graph gives one. */
  readonly hessianVectors?: Float32Tensors;
}

/** Scores and activations together, by name. */
export const outputsOf = ({ scores, activations }: RawEvaluation, name: string): Float32Tensors => ({
  ...activations,
  [name]: scores,
});

/**
 * @param target what is differentiated, in every row or one for each; the top class of each row when left out. A single
 * row with several targets stands for as many equal rows, which share their forward pass where the graph lets them.
 * @throws WhylightError `method_failed` when the rows do not fit together, `aborted`
 */
export async function runRows(
  graph: RunnableGraph,
  rows: Inputs,
  target: Target | readonly Target[] | undefined,
  control: RunControl,
): Promise<RawEvaluation> {
  const { variant, session, fixed } = graph;
  const given = countRows(variant, rows);
  const count = isEach(target) && given === 1 ? target.length : given;
  if (isEach(target) && target.length !== count) {
    throw new WhylightError(
      'method_failed',
      `There must be a target for each row, but there are ${counted(target.length, 'target')} for ${counted(count, 'row')}.`,
      {
        rows: count,
        targets: target.length,
      },
    );
  }
  const outputs = new Collector(count);
  const { targetsAtOnce = 1 } = graph;
  const isShared = given === 1 && count > 1 && targetsAtOnce > 1;
  const step = isShared ? targetsAtOnce : graph.batchSize;
  for (let from = 0; from < count; from += step) {
    await control.pause?.();
    throwIfAborted(control.signal);
    const to = Math.min(count, from + step);
    const size = fixed ? step : to - from;
    const feeds = feedsOf(variant, rows, from, to, isShared ? 1 : size);
    if (variant.gradients.length > 0)
      feeds[COTANGENT] = cotangent(graph, isEach(target) ? target.slice(from, to) : target, size);
    const results = await session.run(feeds, undefined, { signal: control.signal });
    for (const [name, result] of Object.entries(results)) {
      const portion = cast(result, 'float32');
      // What does not depend on the target is there once.
      const isOnce = isShared && rowsOf(portion) === 1;
      outputs.add(name, isOnce ? repeatRow(portion, size) : rowByRow(portion, size), from, to);
    }
    control.done?.(to - from);
  }
  throwIfAborted(control.signal);
  const gradients = variant.gradients.map((name): [string, Tensor<'float32'>] => [
    name,
    outputs.get(gradientName(name)),
  ]);
  if (isEach(target)) {
    // To the graph, a cotangent of zeros stands for the top class.
    for (const [row, { weights }] of target.entries())
      if (weights.every(({ weight }) => weight === 0))
        for (const [, all] of gradients) sliceRows(all, row, row + 1).data.fill(0);
  }
  return {
    scores: outputs.get(variant.scores),
    gradients: Object.fromEntries(gradients),
    ...(variant.hessianVector !== undefined && {
      hessianVectors: { [variant.hessianVector]: outputs.get(hessianVectorName(variant.hessianVector)) },
    }),
    activations: Object.fromEntries([
      ...variant.activations.map((name) => [name, outputs.get(name)]),
      ...variant.echoes.map((name) => [name, repeatRow(cast(rows[name] as Tensor, 'float32'), count)]),
    ]),
  };
}

/** The needs of a run of these rows: those of several targets where a single row has them. */
export function needsOf(
  needs: ResolvedNeeds,
  rows: Inputs,
  target: Target | readonly Target[] | undefined,
): ResolvedNeeds {
  const isShared = isEach(target) && target.length > 1 && Object.values(rows).every((one) => rowsOf(one) === 1);
  return isShared ? { ...needs, severalTargets: true } : needs;
}

function countRows({ inputs, mixes }: Variant, rows: Inputs): number {
  const counts = new Set<number>();
  for (const input of inputs) {
    const { name } = input;
    if (name === COTANGENT) continue;
    const given = mixes ? mixtureFeed(input, rows) : rows[name];
    if (!given) {
      throw new WhylightError(
        'method_failed',
        `The rows lack the input "${name}"; given were ${Object.keys(rows).join(', ')}.`,
        { input: name },
      );
    }
    if (!input.whole) counts.add(rowsOf(given));
  }
  const several = [...counts].filter((count) => count !== 1);
  if (several.length > 1) {
    throw new WhylightError('method_failed', `The inputs have different numbers of rows: ${several.join(', ')}.`, {
      rows: several,
    });
  }
  return several[0] ?? 1;
}

function feedsOf(
  { inputs, mixes }: Variant,
  rows: Inputs,
  from: number,
  to: number,
  size: number,
): Record<string, Tensor> {
  const feeds: Record<string, Tensor> = {};
  for (const input of inputs) {
    const given = mixes ? mixtureFeed(input, rows) : rows[input.name];
    if (!given) continue;
    if (input.whole) {
      feeds[input.name] = cast(given, input.dtype);
      continue;
    }
    const portion = rowsOf(given) === 1 ? given : sliceRows(given, from, to);
    const single = rowsOf(portion) === 1;
    const fed =
      single && mixes && isBroadcast(input) ? portion : single ? repeatRow(portion, size) : padRows(portion, size);
    feeds[input.name] = cast(fed, input.dtype);
  }
  return feeds;
}

/** Zeros below the rows, for models that insist on a number of rows. */
function padRows(rows: Tensor, size: number): Tensor {
  if (rowsOf(rows) === size) return rows;
  const padded = emptyRows(rows.dtype, size, rows.dims.slice(1));
  (padded.data as Float32Array).set(rows.data as Float32Array);
  return padded;
}

const isEach = (target: Target | readonly Target[] | undefined): target is readonly Target[] => Array.isArray(target);

/** @param target one for every row, or one for each of the first rows */
function cotangent(
  { variant, scoreDims }: RunnableGraph,
  target: Target | readonly Target[] | undefined,
  size: number,
): Tensor {
  const { dtype = 'float32' } = variant.inputs.find(({ name }) => name === COTANGENT) ?? {};
  const given = isEach(target) ? target : [target];
  const rows = tensor('float32', [isEach(target) ? size : 1, ...scoreDims]);
  const width = sizeOf(scoreDims);
  for (const [row, one] of given.entries())
    for (const { index, weight } of one?.weights ?? []) rows.data[row * width + index] = weight;
  return cast(isEach(target) ? rows : repeatRow(rows, size), dtype);
}

/** Some exporters fold attention heads into the batch, [N * heads, ...]: an axis of their own makes rows out of it again. */
function rowByRow<D extends DataType>(result: Tensor<D>, size: number): Tensor<D> {
  const count = rowsOf(result);
  if (count === size || count % size !== 0) return result;
  return { ...result, dims: [size, count / size, ...result.dims.slice(1)] };
}

/** Puts portions of rows together. A single portion is handed on as it is. */
class Collector {
  private readonly whole: Record<string, Tensor<'float32'>> = {};
  private readonly count: number;

  constructor(count: number) {
    this.count = count;
  }

  add(name: string, portion: Tensor<'float32'>, from: number, to: number): void {
    const rows = rowsOf(portion) === to - from ? portion : sliceRows(portion, 0, to - from);
    if (to - from === this.count) {
      this.whole[name] = rows;
      return;
    }
    this.whole[name] ??= emptyRows('float32', this.count, portion.dims.slice(1));
    this.whole[name].data.set(rows.data, from * sizeOf(portion.dims.slice(1)));
  }

  get(name: string): Tensor<'float32'> {
    const found = this.whole[name];
    if (!found) throw new WhylightError('internal', `The graph gave no output "${name}".`, { output: name });
    return found;
  }
}
