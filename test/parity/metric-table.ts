/** The metrics of `cases.json`: each entry of its `metric_table` against what our metrics say of the same numbers. */
import type { Explainer } from '../../src/core/explainer/explainer.ts';
import { areaUnder } from '../../src/core/metrics/curve.ts';
import { type Measured, measureRows, planMetrics } from '../../src/core/metrics/measure.ts';
import { countAbove, entropy, gini } from '../../src/core/tensor/concentration.ts';
import { float32 } from '../../src/core/tensor/tensor.ts';
import { type Comparison, checked, distance, skipped } from './comparison.ts';
import { modelFromText } from './graph-text.ts';

export interface MetricTable {
  readonly map?: { readonly data: readonly number[] };
  readonly sparseness_gini?: number;
  readonly complexity_entropy_nat?: number;
  readonly gini_examples?: readonly { readonly a: readonly number[]; readonly gini: number }[];
  readonly entropy_examples?: readonly { readonly a: readonly number[]; readonly entropy: number }[];
  readonly auc_trapezoid_examples?: readonly { readonly scores: readonly number[]; readonly auc: number }[];
  readonly deletion_linear?: Curves;
  /** `effective_complexity_eps<eps>`, and what a later version of the file may bring. */
  readonly [entry: string]: unknown;
}

interface Curves {
  readonly w: readonly number[];
  readonly x: readonly number[];
  readonly attribution: readonly number[];
  readonly baseline: number;
  readonly deletion_curve: readonly number[];
  readonly deletion_auc: number;
  readonly insertion_curve: readonly number[];
  readonly insertion_auc: number;
}

export function metricTable(table: MetricTable, name: string): Comparison[] {
  const magnitudes = (table.map?.data ?? []).map(Math.abs);
  return Object.keys(table)
    .filter((entry) => entry !== 'map')
    .map((entry) => {
      const numbers = numbersOf(entry, table, magnitudes);
      if (!numbers) return skipped(name, `metric ${entry}`, 'no metric of that name');
      return checked(name, `metric ${entry}`, {
        methods: [],
        tolerance: 1e-6,
        check: async (explainer) => {
          const { actual, expected } = await numbers(explainer);
          return [actual.length === expected.length ? distance('max', actual, expected) : Infinity];
        },
      });
    });
}

interface Numbers {
  readonly actual: readonly number[];
  readonly expected: readonly number[];
}

function numbersOf(
  entry: string,
  table: MetricTable,
  magnitudes: readonly number[],
): ((explainer: Explainer) => Promise<Numbers>) | undefined {
  const plain = (actual: number[], expected: number[]) => async () => ({ actual, expected });
  const one = (actual: number) => plain([actual], [table[entry] as number]);
  const { gini_examples = [], entropy_examples = [], auc_trapezoid_examples = [], deletion_linear } = table;
  const [, eps] = /^effective_complexity_eps([\d.]+)$/.exec(entry) ?? [];
  if (eps !== undefined) return one(countAbove(magnitudes, Number(eps)));
  if (entry === 'sparseness_gini') return one(gini(magnitudes));
  if (entry === 'complexity_entropy_nat') return one(entropy(magnitudes));
  if (entry === 'gini_examples') {
    return plain(
      gini_examples.map(({ a }) => gini(a)),
      gini_examples.map((it) => it.gini),
    );
  }
  if (entry === 'entropy_examples') {
    return plain(
      entropy_examples.map(({ a }) => entropy(a)),
      entropy_examples.map((it) => it.entropy),
    );
  }
  if (entry === 'auc_trapezoid_examples') {
    return plain(
      auc_trapezoid_examples.map(({ scores }) => areaUnder(scores)),
      auc_trapezoid_examples.map(({ auc }) => auc),
    );
  }
  return deletion_linear && entry === 'deletion_linear' ? (explainer) => curves(explainer, deletion_linear) : undefined;
}

/** `f(x) = w x` on a real engine, one feature at a time. */
async function curves(explainer: Explainer, given: Curves): Promise<Numbers> {
  const { w, x, attribution, baseline } = given;
  const model = await modelFromText(
    {
      opset: 17,
      inputs: [{ name: 'x', shape: ['N', w.length] }],
      initializers: { w: { shape: [w.length, 1], data: w, dtype: 'float32' } },
      nodes: [{ op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }],
      outputs: ['y'],
    },
    { x: [1, w.length] },
  );
  const request = { method: 'input_x_gradient', inputs: { x: float32([1, x.length], x) } };
  const params = { steps: w.length, baseline, answer: 'score' };
  const plan = explainer.plan(model, request);
  const planned = planMetrics(plan, [
    { metric: 'deletion', params },
    { metric: 'insertion', params },
  ]);
  const { rows } = await explainer.run(plan);
  const answered = rows.map((row) => ({ ...row, values: { x: float32([1, x.length], attribution) } }));
  const [measured = []] = await measureRows(explainer, plan, answered, planned);
  return {
    actual: measured.flatMap(curveAndArea),
    expected: [...given.deletion_curve, given.deletion_auc, ...given.insertion_curve, given.insertion_auc],
  };
}

const curveAndArea = (one: Measured): number[] => ('score' in one ? [...(one.curve?.y ?? []), one.score] : []);
