/**
 * Reads reference values of metrics: `<name>.json` beside `<name>.onnx` and `<name>.bin`, with attributions and recorded
 * draws among the arrays.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Explainer } from '../../src/core/explainer/explainer.ts';
import type { ExplainedRow } from '../../src/core/explainer/explanation.ts';
import { removals } from '../../src/core/metrics/faithfulness.ts';
import { cumulated, portionsOf } from '../../src/core/metrics/feature-steps.ts';
import { Features } from '../../src/core/metrics/features.ts';
import { isMeasured, measureRows, planMetrics } from '../../src/core/metrics/measure.ts';
import { pearson } from '../../src/core/metrics/similarity.ts';
import { Model } from '../../src/core/model/model.ts';
import { float32, sizeOf, type Tensor } from '../../src/core/tensor/tensor.ts';
import { type Comparison, checked, skipped } from './comparison.ts';
import { METRIC_ENTRIES, METRIC_INPUTS, METRIC_SKIPS, type MetricFields, type MetricRecipe } from './metric-entries.ts';
import type { Reference } from './reference-file.ts';
import { row } from './rows.ts';

const TOLERANCE = 1e-4;

/** True for the JSON of a reference of metrics. */
export const isMetricReference = (tensors: Readonly<Record<string, unknown>>): boolean =>
  'attribution_map' in tensors && 'pixel_flipping_curve' in tensors;

type Fields = MetricFields & { readonly target?: readonly number[]; readonly models?: readonly string[] };

/** Every entry of the file, in its order. */
export function readMetrics(reference: Reference): Comparison[] {
  const { name, path, model, fields } = reference;
  const load = once(() => open(join(dirname(path), model)));
  const randomised = once(() =>
    Promise.all(((fields.mprt as Fields).models ?? []).map((file) => open(join(dirname(path), file)))),
  );
  const source: Source = { reference, load, randomised };
  return Object.keys(fields)
    .filter((entry) => !METRIC_INPUTS.has(entry))
    .map((entry) => {
      const reason = METRIC_SKIPS[entry];
      if (reason !== undefined) return skipped(name, entry, reason);
      if (entry === 'sensitivity_n') return sensitivityN(source);
      // An area and a curve have the steps of the entry that they belong to.
      const { features_in_step } = fields.pixel_flipping_curve as Fields;
      const recipe = METRIC_ENTRIES[entry]?.({ features_in_step, ...(fields[entry] as Fields) });
      if (!recipe) return skipped(name, entry, 'no metric of that name');
      return checked(name, entry, {
        methods: ['saliency'],
        tolerance: TOLERANCE,
        check: (explainer) => errorsOf(explainer, source, entry, recipe),
      });
    });
}

interface Source {
  readonly reference: Reference;
  readonly load: () => Promise<Model>;
  readonly randomised: () => Promise<readonly Model[]>;
}

async function errorsOf(
  explainer: Explainer,
  source: Source,
  entry: string,
  recipe: MetricRecipe,
): Promise<readonly number[]> {
  const expected = source.reference.array(entry);
  const examples = source.reference.array('input').dims[0] ?? 0;
  const errors: number[] = [];
  for (let i = 0; i < examples; i++) {
    const actual = await measured(explainer, source, recipe, i);
    const wanted = row(expected, i).data as Float64Array;
    if (actual.length !== wanted.length) throw new Error(`${actual.length} values instead of ${wanted.length}`);
    errors.push(Math.max(...actual.map((value, k) => Math.abs(value - (wanted[k] as number)))));
  }
  return errors;
}

/** One example through the metric itself, with the attribution and the draws of the file. */
async function measured(
  explainer: Explainer,
  { reference, load, randomised }: Source,
  recipe: MetricRecipe,
  example: number,
): Promise<readonly number[]> {
  const model = await load();
  const plan = planOf(explainer, model, reference, example, recipe);
  const recorded = Object.entries(recipe.recorded ?? {}).map(([parameter, name]) => {
    const draws = row(reference.array(name), example);
    const values = Array.from(draws.data as Float32Array, Number);
    return [parameter, recipe.draws?.(values, sizeOf(draws.dims.slice(2))) ?? values];
  });
  const schema = planMetrics(plan, [{ metric: recipe.metric }])[0]?.params ?? {};
  const answer =
    'answer' in schema && !recipe.method ? { answer: reference.json.softmax ? 'probability' : 'score' } : {};
  const params = { ...answer, ...recipe.params, ...Object.fromEntries(recorded) };
  const planned = planMetrics(plan, [{ metric: recipe.metric, params }]);
  const { rows } = await explainer.run(plan);
  const given = replaced(rows[0] as ExplainedRow, reference, recipe, example);
  const mask = row(reference.array('mask'), example);
  const [height = 0, width = 0] = mask.dims.slice(-2);
  const region = { dims: [height, width] as const, inside: Uint8Array.from(mask.data as BigInt64Array, Number) };
  const options = { regions: [region], ...(recipe.models && { randomised: await randomised() }) };
  const [[one] = []] = await measureRows(explainer, plan, [given], planned, options);
  if (!one || !isMeasured(one)) throw one?.error ?? new Error('nothing was measured');
  return recipe.read?.(one) ?? [one.score];
}

function planOf(
  explainer: Explainer,
  model: Model,
  reference: Reference,
  example: number,
  recipe: Pick<MetricRecipe, 'method'> = {},
) {
  const targets = (reference.fields.attribution as Fields).target ?? [];
  return explainer.plan(model, {
    method: 'saliency',
    params: { absolute: false, ...recipe.method },
    target: targets[example] as number,
    inputs: { [model.info().inputs[0]?.name as string]: row(reference.array('input'), example) },
  });
}

/** The row with the values of the file; measures of concentration take the values themselves, without a map. */
function replaced(
  { map: _, ...rest }: ExplainedRow,
  reference: Reference,
  { of = 'attribution', flat = false }: Pick<MetricRecipe, 'of' | 'flat'>,
  example: number,
): ExplainedRow {
  const given = row(reference.array(of), example) as Tensor<'float32'>;
  const [name] = Object.keys(rest.values) as [string];
  const [height = 0, width = 0] = given.dims.slice(-2);
  const map = new Float32Array(height * width);
  for (const [i, value] of given.data.entries()) map[i % map.length] = (map[i % map.length] as number) + value;
  const drawn = { map: float32([height, width], map) };
  if (of === 'attribution_map' || of === 'cam') return { ...rest, ...drawn };
  return { ...rest, values: { [name]: given }, ...(!flat && drawn) };
}

/** The library's reading of sensitivity-n: correlations over examples, of portions with what is removed up to them. */
function sensitivityN(source: Source): Comparison {
  const { reference, load } = source;
  const { features_in_step = 1 } = reference.fields.sensitivity_n as Fields;
  return checked(reference.name, 'sensitivity_n', {
    methods: ['saliency'],
    tolerance: TOLERANCE,
    check: async (explainer) => {
      const model = await load();
      const expected = reference.array('sensitivity_n').data as Float64Array;
      const series: { sums: number[]; falls: number[] }[] = [];
      for (let i = 0; i < (reference.array('input').dims[0] ?? 0); i++) {
        const plan = planOf(explainer, model, reference, i);
        const { rows } = await explainer.run(plan);
        const given = replaced(rows[0] as ExplainedRow, reference, {}, i);
        const features = new Features(plan.info, given, plan.inputs, 'element');
        const ranked = features.ranked();
        const portions = portionsOf(ranked, features_in_step);
        const sets = cumulated(ranked, features_in_step);
        const answers = async (inputs: typeof plan.inputs) => {
          const predictions = await explainer.predict(model, { inputs, top: 10 });
          const index = given.target.index as number;
          return {
            scores: Float64Array.from(predictions, ({ scores }) => scores[index] as number),
            probabilities: Float64Array.from(
              predictions,
              ({ top }) => top.find((one) => one.index === index)?.probability ?? Number.NaN,
            ),
            winners: new Int32Array(predictions.length),
          };
        };
        const params = { baseline: 0, answer: reference.json.softmax ? 'probability' : 'score' } as const;
        const ctx = { info: plan.info, inputs: plan.inputs, baselines: plan.baselines, answers, params };
        const { falls } = await removals(ctx, features, sets);
        const sums = portions.map((portion) =>
          portion.reduce((sum, feature) => sum + (features.importance[feature] as number), 0),
        );
        series.push({ sums, falls });
      }
      return Array.from(expected, (value, k) => {
        const correlation = pearson(
          series.map(({ sums }) => sums[k] as number),
          series.map(({ falls }) => falls[k] as number),
        );
        return Math.abs(correlation - value);
      });
    },
  });
}

const open = async (path: string): Promise<Model> => Model.read({ bytes: await readFile(path) });

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
