/** Metrics of class activation maps: answers to the input times its map, as TorchCAM and ADCC measure them. */
import * as z from 'zod';
import { WhylightError } from '../errors.ts';
import { units } from '../method/units.ts';
import { imageInput } from '../model/info.ts';
import type { Inputs } from '../tensor/rows.ts';
import { float32, type Tensor } from '../tensor/tensor.ts';
import { defineMetric, type MetricContext } from './metric.ts';
import { answerParameter, chosen } from './removal.ts';
import { pearson } from './similarity.ts';

const params = z.object({
  answer: answerParameter,
  baseline: units
    .default(0)
    .describe(
      'Value that pixels fade to where the map is 0, in the units of the input tensor; TorchCAM multiplies: 0.',
    ),
});

type Params = z.output<typeof params>;

const gradCamPlusPlus = {
  title: 'Grad-CAM++: Improved visual explanations for deep convolutional networks',
  year: 2018,
  url: 'https://arxiv.org/abs/1710.11063',
};

const cost = () => ({ forwards: 2, backwards: 0 });

export const averageDrop = defineMetric({
  id: 'average_drop',
  about: {
    title: 'Average drop',
    summary: 'Share of the answer that is lost when the input is multiplied with its map, scaled to [0, 1].',
    paper: gradCamPlusPlus,
    better: 'lower',
  },
  params,
  cost,
  measure: async (ctx) => ({ score: dropOf(await beforeAndAfter(ctx)) }),
});

export const increaseInConfidence = defineMetric({
  id: 'increase_in_confidence',
  about: {
    title: 'Increase in confidence',
    summary:
      'Whether the answer grows when the input is multiplied with its map: 1 or 0, over many images the share of growths.',
    paper: gradCamPlusPlus,
    better: 'higher',
  },
  params,
  cost,
  measure: async (ctx) => {
    const { before, after } = await beforeAndAfter(ctx);
    return { score: after > before ? 1 : 0 };
  },
});

export const adcc = defineMetric({
  id: 'adcc',
  about: {
    title: 'ADCC',
    summary:
      'Harmonic mean of coherency (likeness of the map to the map of the input times the map), simplicity (1 minus the mean of the map) and 1 minus the drop.',
    paper: {
      title:
        'Revisiting the evaluation of class activation mapping for explainability: A novel metric and experimental analysis',
      year: 2021,
      url: 'https://arxiv.org/abs/2104.10252',
    },
    better: 'higher',
  },
  params,
  cost: (_, { explanation }) => ({ forwards: 2 + explanation.forwards, backwards: explanation.backwards }),
  measure: async (ctx) => {
    const { before, after, map, masked } = await beforeAndAfter(ctx);
    const again = (await ctx.explain({ inputs: masked })).map;
    const coherency = again ? (pearson(map, again.data) + 1) / 2 : 0;
    const complexity = map.reduce((sum, value) => sum + value, 0) / map.length;
    return { score: harmonicMean(coherency, 1 - complexity, 1 - dropOf({ before, after })) };
  },
});

interface BeforeAndAfter {
  readonly before: number;
  readonly after: number;
}

const dropOf = ({ before, after }: BeforeAndAfter): number => Math.max(0, before - after) / before;

const harmonicMean = (...values: readonly number[]): number =>
  values.some((value) => value <= 0) ? 0 : values.length / values.reduce((sum, value) => sum + 1 / value, 0);

/** @throws WhylightError `unprocessable_method` where there is no map, it is flat, or the answer is not above zero */
async function beforeAndAfter(ctx: MetricContext<Params>) {
  const map = unitMap(ctx);
  const masked = maskedBy(ctx, map);
  const [before = 0] = chosen(await ctx.answers(ctx.inputs), ctx.params.answer);
  const [after = 0] = chosen(await ctx.answers(masked), ctx.params.answer);
  if (before > 0) return { before, after, map, masked };
  throw new WhylightError(
    'unprocessable_method',
    `The drop is a share of the answer, which is ${before.toPrecision(3)}: measure the probability (answer=probability).`,
  );
}

/** The map scaled to [0, 1]. */
function unitMap({ row: { map } }: MetricContext<Params>): Float32Array {
  if (!map) {
    throw new WhylightError(
      'unprocessable_method',
      'The input is multiplied with its map, but there is no map of an image.',
    );
  }
  const low = map.data.reduce((a, b) => Math.min(a, b));
  const high = map.data.reduce((a, b) => Math.max(a, b));
  if (high > low) return map.data.map((value) => (value - low) / (high - low));
  throw new WhylightError('unprocessable_method', 'The map is the same everywhere: it selects no part of the image.');
}

/** The inputs with each pixel of the image faded to the baseline where the map is low. */
function maskedBy({ info, inputs, params: { baseline } }: MetricContext<Params>, map: Float32Array): Inputs {
  const image = imageInput(info);
  if (!image) throw new WhylightError('unprocessable_method', 'The model sees no image.');
  const row = inputs[image.name] as Tensor<'float32'>;
  const channels = row.data.length / map.length;
  const data = row.data.map((x, i) => {
    const weight = map[image.channelAxis === 0 ? i % map.length : Math.floor(i / channels)] as number;
    return baseline + weight * (x - baseline);
  });
  return { ...inputs, [image.name]: float32(row.dims, data) };
}
