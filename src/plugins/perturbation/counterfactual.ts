import * as z from 'zod';
import { WhylightError } from '../../core/errors.ts';
import type { ExplainContext } from '../../core/method/contract.ts';
import { defineMethod } from '../../core/method/define.ts';
import { arxiv } from '../../core/method/papers.ts';
import type { ModelInfo } from '../../core/model/info.ts';
import { knownDims } from '../../core/model/known-dims.ts';
import { type Float32Tensors, type Inputs, rowOf, rowsOf } from '../../core/tensor/rows.ts';
import { float32, sizeOf, type Tensor, tensor } from '../../core/tensor/tensor.ts';

const params = z.object({
  desired: z
    .union([z.enum(['any']), z.int().min(0)])
    .default('any')
    .describe('Class that the changed row must have; "any" takes any but the target.'),
});

type Params = z.output<typeof params>;

/**
 * The nearest row of other examples that the model puts into another class, with every change taken back that the class
 * does not need: `x' - x` for each column.
 */
export default defineMethod({
  apiVersion: 1,
  id: 'counterfactual',
  strategy: 'perturbation',
  revision: 2,
  background: true,
  about: {
    title: 'Counterfactual',
    summary:
      'Which few columns would have to change, and by how much, for the model to choose another class. Other rows of the table are the background rows of the model, or baselines of the request.',
    paper: arxiv(
      '1711.00399',
      2017,
      'Counterfactual Explanations without Opening the Black Box: Automated Decisions and the GDPR',
    ),
    modalities: ['vector'],
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
  },
  params,
  needs: (given, model) => {
    checkModel(given, model);
    return { activations: [model.scores.name] };
  },
  cost: (_, model, __, { baselines }) => {
    if (baselines > 0) return { forwards: baselines + columnsOf(model).length, backwards: 0 };
    throw new WhylightError(
      'unprocessable_method',
      'counterfactual looks for a nearby row of another class among other examples: give rows of the table as baselines.',
      { parameter: 'baselines' },
    );
  },
  explain: async (ctx) => {
    const { baselines, inputs, model } = ctx;
    const examples: Inputs = Object.fromEntries(
      model.inputs.map(({ name }) => [name, baselines[name] ?? (inputs[name] as Tensor)]),
    );
    const { activations, scores } = await ctx.evaluate(examples);
    const nearest = nearestFlip(ctx, examples, activations[model.scores.name] as Tensor<'float32'>);
    const changed: Record<string, Tensor> = Object.fromEntries(
      Object.entries(rowOf(examples, nearest)).map(([name, row]) => [name, copyOf(row)]),
    );
    const spread = spreadsOf(ctx, examples);
    const order = columnsOf(model)
      .map((column, i) => ({
        ...column,
        way: distance(read(changed, column), read(inputs, column), spread[i] as number),
      }))
      .sort((a, b) => a.way - b.way);
    let baselineScore = scores[nearest] as number;
    for (const column of order) {
      const kept = read(changed, column);
      write(changed, column, read(inputs, column));
      const tried = await ctx.evaluate(changed);
      if (isFlipped(ctx, (tried.activations[model.scores.name] as Tensor<'float32'>).data)) {
        baselineScore = tried.scores[0] as number;
      } else {
        write(changed, column, kept);
      }
    }
    return { values: differences(inputs, changed, model), baselineScore };
  },
});

interface Column {
  readonly input: string;
  readonly at: number;
}

const columnsOf = ({ inputs }: ModelInfo): readonly Column[] =>
  inputs.flatMap((input) => Array.from({ length: sizeOf(knownDims(input)) }, (_, at) => ({ input: input.name, at })));

const read = (rows: Inputs, { input, at }: Column): number => Number((rows[input] as Tensor).data[at]);

function write(rows: Inputs, { input, at }: Column, value: number): void {
  const { data } = rows[input] as Tensor;
  data[at] = (data instanceof BigInt64Array || data instanceof BigUint64Array ? BigInt(value) : value) as never;
}

function copyOf({ dtype, dims, data }: Tensor): Tensor {
  return tensor(dtype, dims, data.slice() as never);
}

/** @throws WhylightError `unprocessable_method` for a model without columns, or without classes to choose among. */
function checkModel({ desired }: Params, { inputs, sources, scores }: ModelInfo): void {
  const [classes] = scores.dims;
  const isEmbedded = sources.some(({ name, input }) => name !== input);
  const columns =
    !isEmbedded && inputs.every(({ channelAxis, dims }) => channelAxis === undefined && dims.length === 1);
  const problem = !columns
    ? 'counterfactual changes columns of a table, and an input of this model is no row of a table'
    : scores.dims.length !== 1 || classes === 1
      ? 'counterfactual needs a score for each class'
      : typeof classes === 'number' && typeof desired === 'number' && desired >= classes
        ? `desired must be a class from 0 to ${classes - 1}`
        : undefined;
  if (problem === undefined) return;
  throw new WhylightError('unprocessable_method', `${problem}: use another method, such as shapley_exact.`, {
    method: 'counterfactual',
  });
}

/** True if the class with the highest score is the desired one, or any but the target. */
function isFlipped({ params: { desired }, target }: ExplainContext<Params>, scores: Float32Array): boolean {
  let best = 0;
  for (let i = 1; i < scores.length; i++) if ((scores[i] as number) > (scores[best] as number)) best = i;
  return desired === 'any' ? best !== target.weights[0]?.index : best === desired;
}

/** Range of each column among the examples and the row itself; 1 for a column that never differs. */
function spreadsOf({ inputs, model }: ExplainContext<Params>, examples: Inputs): readonly number[] {
  return columnsOf(model).map((column) => {
    const { data, dims } = examples[column.input] as Tensor;
    const size = sizeOf(dims.slice(1));
    let [low, high] = [Infinity, -Infinity];
    for (const value of [read(inputs, column), ...data.filter((_, i) => i % size === column.at)].map(Number)) {
      if (Number.isNaN(value)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    return high > low ? high - low : 1;
  });
}

/**
 * Number of the example of another class that is nearest in the sum of differences, each as a share of its column's range.
 * @throws WhylightError `unprocessable_method` when there is none
 */
function nearestFlip(ctx: ExplainContext<Params>, examples: Inputs, scores: Tensor<'float32'>): number {
  const classes = scores.data.length / rowsOf(scores);
  const spread = spreadsOf(ctx, examples);
  const columns = columnsOf(ctx.model);
  let [nearest, least] = [-1, Infinity];
  for (let row = 0; row < rowsOf(scores); row++) {
    if (!isFlipped(ctx, scores.data.subarray(row * classes, (row + 1) * classes))) continue;
    const example = rowOf(examples, row);
    const way = columns.reduce(
      (sum, column, i) => sum + distance(read(example, column), read(ctx.inputs, column), spread[i] as number),
      0,
    );
    if (way < least) [nearest, least] = [row, way];
  }
  if (nearest >= 0) return nearest;
  const wanted = ctx.params.desired === 'any' ? 'another class' : `class ${ctx.params.desired}`;
  throw new WhylightError(
    'unprocessable_method',
    `The model puts none of the ${rowsOf(scores)} baselines into ${wanted}: give more rows of the table.`,
    { rows: rowsOf(scores) },
  );
}

/** Difference of two values as a share of the column's range: all of it between a missing value and a number. */
function distance(a: number, b: number, range: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b) ? 0 : 1;
  return Math.abs(a - b) / range;
}

/** Change of a value: a missing value counts as 0 where it becomes a number, or a number becomes missing. */
const change = (from: number, to: number): number => (Number.isNaN(to) ? 0 : to) - (Number.isNaN(from) ? 0 : from);

const differences = (from: Inputs, to: Inputs, model: ModelInfo): Float32Tensors =>
  Object.fromEntries(
    model.inputs.map(({ name }) => {
      const { dims, data } = from[name] as Tensor;
      const other = (to[name] as Tensor).data;
      return [
        name,
        float32(
          dims,
          Float64Array.from(Array.from(data, Number), (x, i) => change(x, Number(other[i]))),
        ),
      ];
    }),
  );
