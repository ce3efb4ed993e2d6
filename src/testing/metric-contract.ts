/** The contract suite of metrics: what every metric promises, tried on explanations of an image and of a vector. */

import * as z from 'zod';
import type { Engine } from '../core/engine/engine.ts';
import { SessionCache } from '../core/engine/session-cache.ts';
import { WhylightError } from '../core/errors.ts';
import { Explainer } from '../core/explainer/explainer.ts';
import type { Cost } from '../core/method/contract.ts';
import { defineMethod } from '../core/method/define.ts';
import { MethodRegistry } from '../core/method/registry.ts';
import { checkMetric } from '../core/metrics/check.ts';
import { isMeasured, type Measured, measureRows, planMetrics } from '../core/metrics/measure.ts';
import type { Metric } from '../core/metrics/metric.ts';
import { regionOfBoxes } from '../core/metrics/region.ts';
import { graphCompiler } from '../core/plan/compile-variant.ts';
import { rowsOf } from '../core/tensor/rows.ts';
import type { Runner } from './contract.ts';
import { expect } from './expect.ts';
import { type Subject, subjects } from './models.ts';

/** Options of the suite. */
export interface MetricOptions {
  /** Parameters that make the metric quick. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** Models to try; an image and a vector model when left out. */
  readonly subjects?: () => Promise<readonly Subject[]>;
}

/** Gradient of the score, which the suite measures. */
const slope = defineMethod({
  apiVersion: 1,
  id: 'slope',
  revision: 1,
  strategy: 'gradient',
  about: {
    title: 'Slope',
    summary: 'The gradient of the score.',
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
  },
  params: z.object({}),
  needs: () => ({ gradients: 'sources' }),
  cost: () => ({ forwards: 0, backwards: 1 }),
  explain: async (ctx) => ({ values: (await ctx.evaluate(ctx.inputs)).gradients }),
});

/** A metric on one model: what it says, and the rows that it evaluated. */
interface Measuring {
  readonly measured: Measured;
  readonly rows: number;
  readonly cost: Cost;
  /** Values and inputs were left as they were. */
  readonly untouched: boolean;
}

interface Promised {
  readonly title: string;
  check(measure: (options?: { readonly maxBatch?: number }) => Promise<Measuring>): Promise<void>;
}

const scoreOf = ({ measured }: Measuring): number | undefined => (isMeasured(measured) ? measured.score : undefined);

const PROMISES: readonly Promised[] = [
  {
    title: 'gives a finite number, or says why it has none',
    async check(measure) {
      const { measured } = await measure();
      if (isMeasured(measured)) return expect(Number.isFinite(measured.score), `The score is ${measured.score}.`);
      const { error } = measured;
      expect(error.code === 'unprocessable_method', `It failed with ${error.code}: ${error.message}`);
    },
  },
  {
    title: 'evaluates the rows that its cost states, at most',
    async check(measure) {
      const { rows, cost } = await measure();
      const stated = cost.forwards + cost.backwards;
      expect(Number.isSafeInteger(stated) && stated >= 0, `The cost is ${JSON.stringify(cost)}: state whole rows.`);
      expect(rows <= stated, `cost() says ${stated} rows, but measure() evaluated ${rows}.`);
    },
  },
  {
    title: 'gives the same number again, in batches of any size',
    async check(measure) {
      const [first, again, single] = [await measure(), await measure(), await measure({ maxBatch: 1 })].map(scoreOf);
      expect(first === again, `Two runs gave ${first} and ${again}: random numbers come from ctx.random alone.`);
      const near =
        first === undefined || Math.abs(first - (single ?? Number.NaN)) <= 1e-3 * Math.max(1, Math.abs(first));
      expect(near, `The score is ${first}, and ${single} where rows run one by one.`);
    },
  },
  {
    title: 'leaves the explanation and the inputs as they were',
    check: async (measure) =>
      expect((await measure()).untouched, 'Values or inputs were changed: copy what you change.'),
  },
];

const SESSION_BYTES = 2 ** 26;

async function measureOn(
  metric: Metric,
  { model, inputs }: Subject,
  engine: Engine,
  { params = {} }: MetricOptions,
  maxBatch?: number,
): Promise<Measuring> {
  const methods = new MethodRegistry([{ method: slope }]);
  const sessions = new SessionCache(SESSION_BYTES);
  const explainer = new Explainer({
    compiler: graphCompiler,
    engine,
    sessions,
    methods,
    ...(maxBatch && { maxBatch }),
  });
  const plan = explainer.plan(model, { method: 'slope', inputs, seed: 3 });
  const { rows } = await explainer.run(plan);
  const [row] = rows;
  let evaluated = 0;
  const counting: Metric = {
    ...metric,
    measure: (ctx) =>
      metric.measure({
        ...ctx,
        answers(given) {
          evaluated += Math.max(...Object.values(given).map(rowsOf));
          return ctx.answers(given);
        },
        explain(change) {
          evaluated += ctx.explanation.forwards + ctx.explanation.backwards;
          return ctx.explain(change);
        },
      }),
  };
  const before = snapshot([row?.values, inputs]);
  const planned = planMetrics(plan, [{ metric: metric.id, params }], new Map([[metric.id, counting]]));
  const { dims = [1, 1] } = row?.map ?? {};
  const [height = 1, width = 1] = dims;
  const regions = [regionOfBoxes([[0, 0, width / 2, height / 2]], [height, width])];
  const [[measured] = []] = await measureRows(explainer, plan, rows, planned, row?.map ? { regions } : {});
  if (!measured) throw new WhylightError('internal', 'The metric gave no result.');
  const cost = planned[0]?.cost ?? { forwards: 0, backwards: 0 };
  return { measured, rows: evaluated, cost, untouched: before === snapshot([row?.values, inputs]) };
}

const snapshot = (tensors: unknown): string =>
  JSON.stringify(tensors, (_, item) => (ArrayBuffer.isView(item) ? String(item) : item));

/** Registers one test for each promise of the metric contract and each trial model. */
export function registerMetricContract(
  metric: Metric,
  options: MetricOptions & { readonly engine: () => Promise<Engine> },
  { describe, it }: Runner,
): void {
  const trials = options.subjects ?? (async () => (await subjects()).filter(({ name }) => name !== 'tokens'));
  describe(`the metric ${metric.id}`, () => {
    it('has every member of the contract, and a summary that is a sentence', async () => {
      checkMetric(metric);
      expect(metric.about.summary.endsWith('.'), 'The summary is no sentence with a full stop.');
    });
    for (const { title, check } of PROMISES) {
      it(title, async () => {
        for (const subject of await trials()) {
          const engine = await options.engine();
          await check(({ maxBatch } = {}) => measureOn(metric, subject, engine, options, maxBatch));
        }
      });
    }
  });
}
