/** `whylight price`: the cost of explanations by method, on Cloudflare's list prices. */
import { WhylightError } from '../../core/errors.ts';
import type { Explainer } from '../../core/explainer/explainer.ts';
import type { ExplainRequest } from '../../core/explainer/request.ts';
import type { Model } from '../../core/model/model.ts';
import { sizeOf, tensor } from '../../core/tensor/tensor.ts';
import { namesFlag, numberFlag } from '../arguments.ts';
import { compose, EMBEDDED_MODELS, ROOT } from '../compose.ts';
import { defineCommand, JSON_ARG } from '../define-command.ts';
import { textFlag } from '../flags.ts';
import { MODEL_ARGS, openModel } from '../model-file.ts';
import { HIT, jobOf, LIST_PRICES, missOf, mixed, monthOf, priceOf } from '../price/list-prices.ts';

const args = {
  methods: textFlag('Methods; all that apply when left out', { valueHint: 'a,b,c' }),
  explanations: textFlag('Explanations in a month', { default: '1000000', valueHint: 'n' }),
  'hit-rate': textFlag('Share that the cache answers', { default: '0.5', valueHint: '0..1' }),
  slower: textFlag(
    'Isolates are this many times slower than the machine that the profile of the model was measured on',
    { default: '2', valueHint: 'x' },
  ),
  jobs: { type: 'boolean', description: 'Misses run as jobs, not in the request' },
  ...MODEL_ARGS,
  ...JSON_ARG,
} as const;

interface Priced {
  readonly method: string;
  /** Forward and backward rows of one explanation. */
  readonly rows: number;
  readonly cpu_ms: number;
  /** USD for all explanations, beyond the amounts that the plan includes. */
  readonly usd: number;
  /** USD with the base of the plan and the amounts that it includes. */
  readonly usd_month: number;
}

export default defineCommand({
  name: 'price',
  description: `Computes the cost of explanations by method on Cloudflare's list prices (${LIST_PRICES.date}).`,
  examples: ['whylight price --model cifar10 --hit-rate 0.8', 'whylight price --methods grad_cam,rise --jobs'],
  args,
  async run({ methods, explanations, 'hit-rate': rate, slower, jobs, json, ...flags }) {
    const count = numberFlag('explanations', explanations, 1, 1e12);
    const hits = numberFlag('hit-rate', rate, 0, 1);
    const factor = numberFlag('slower', slower, 0.01, 1000);
    const { model } = await openModel(flags, EMBEDDED_MODELS, ROOT);
    const explainer = await compose('web');
    const inputs = zerosOf(model);
    const ids = methods === undefined ? explainer.methods.ids : namesFlag(methods);
    const priced: Priced[] = [];
    for (const id of ids) {
      const cost = await costOf(explainer, model, { method: id, inputs }, methods !== undefined);
      if (!cost) continue;
      const cpuMs = cost.milliseconds * factor;
      const each = mixed(HIT, jobs ? jobOf(cpuMs) : missOf(cpuMs), hits);
      const prices = { usd: priceOf(each) * count, usd_month: monthOf(each, count) };
      priced.push({ method: id, rows: cost.rows, cpu_ms: cpuMs, ...prices });
    }
    priced.sort((a, b) => a.usd - b.usd);
    const facts = { model: model.name, explanations: count, hit_rate: hits, slower: factor, jobs: jobs === true };
    console.log(json ? JSON.stringify({ ...facts, prices: LIST_PRICES, methods: priced }) : table(priced, facts));
  },
});

/**
 * Rows and milliseconds of an explanation of one row; undefined for a method that does not apply.
 * @param named true for a method that the user named: why it does not apply is an error then
 */
async function costOf(explainer: Explainer, model: Model, request: ExplainRequest, named: boolean) {
  try {
    const plan = await explainer.planned(model, request);
    const { cost, milliseconds } = explainer.estimate(plan);
    return { rows: cost.forwards + cost.backwards, milliseconds };
  } catch (error) {
    if (named || !WhylightError.is(error) || error.code === 'model_damaged') throw error;
    return undefined;
  }
}

/** One row of zeros for each input. @throws WhylightError `unprocessable_method` for a model of open sizes */
function zerosOf(model: Model) {
  const { inputs } = model.info();
  return Object.fromEntries(
    inputs.map(({ name, dtype, dims }) => {
      const shape = [1, ...dims.map(Number)];
      if (!shape.every(Number.isInteger)) {
        const message = `The input ${name} of ${model.name} has an open size, so the work of a row is not known.`;
        throw new WhylightError('unprocessable_method', message, { input: name });
      }
      return [name, tensor(dtype, shape, new Array(sizeOf(shape)).fill(0))];
    }),
  );
}

function table(
  priced: readonly Priced[],
  { model, explanations, hit_rate, slower, jobs }: Readonly<Record<string, string | number | boolean>>,
): string {
  const usd = (value: number): string => value.toFixed(2).padStart(12);
  return [
    `${model}: ${explanations} explanations a month, ${100 * Number(hit_rate)} % from the cache, isolates ${slower} times slower than measured${jobs ? ', as jobs' : ''}`,
    `${'method'.padEnd(32)}${'rows'.padStart(8)}${'CPU ms'.padStart(12)}${'USD'.padStart(12)}${'USD a month'.padStart(12)}`,
    ...priced.map(
      ({ method, rows, cpu_ms, usd: list, usd_month }) =>
        `${method.padEnd(32)}${String(rows).padStart(8)}${cpu_ms.toFixed(cpu_ms < 10 ? 1 : 0).padStart(12)}${usd(list)}${usd(usd_month)}`,
    ),
    `USD: list prices of ${LIST_PRICES.date} alone; USD a month: with the plan (${LIST_PRICES.plan} USD) and what it includes.`,
  ].join('\n');
}
