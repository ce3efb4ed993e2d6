/** Runs one comparison through the same explainer as everything else. */
import { WhylightError } from '../../core/errors.ts';
import type { ExplainedRow, Explainer } from '../../core/explainer.ts';
import type { MethodRegistry } from '../../core/method/registry.ts';
import type { Model } from '../../core/model/model.ts';
import { type Comparison, distance, type Example, outliers, type Recipe } from './comparison.ts';

export type Verdict = 'pass' | 'FAIL' | 'skip';

export interface Result {
  readonly model: string;
  readonly entry: string;
  readonly engine: string;
  readonly verdict: Verdict;
  /** Distance to the expected numbers, one for each example. */
  readonly errors: readonly number[];
  /** Elements that are off by more than a thousandth of the largest, in all examples. */
  readonly outliers: number;
  /** Why it was skipped or how it failed. */
  readonly note: string;
}

/** Why this comparison cannot be run with these methods; undefined when it can. */
export function reasonToSkip({ skip, recipe }: Comparison, registry: MethodRegistry): string | undefined {
  if (skip !== undefined) return skip;
  if (!recipe) return 'no recipe';
  return registry.has(recipe.method) ? undefined : `no method ${recipe.method}`;
}

export async function compare(comparison: Comparison, explainer: Explainer): Promise<Result> {
  const { model: name, entry, recipe, load, examples, norm, tolerance } = comparison;
  const result = { model: name, entry, engine: explainer.engine.name };
  const errors: number[] = [];
  let off = 0;
  try {
    if (!recipe || !load) throw new Error('Nothing to run.');
    const model = await load();
    for (const example of await examples()) {
      const { values, convergenceDelta = 0 } = await explainRow(explainer, model, recipe, example);
      let worst = 0;
      for (const [name, expected] of Object.entries(example.expected)) {
        const attribution = name === '*' ? Object.values(values)[0] : values[name];
        if (!attribution) throw new Error(`no attribution of ${name}, only of ${Object.keys(values).join(', ')}`);
        const { data, dims } = attribution;
        const finished = recipe.finish ? recipe.finish(data, dims, expected.dims) : data;
        if (finished.length !== expected.data.length) throw new Error(`shape [${dims}] instead of [${expected.dims}]`);
        worst = Math.max(worst, distance(norm, finished, expected.data));
        off += outliers(finished, expected.data);
      }
      if (example.sum !== undefined) {
        const sum = Object.values(values).reduce((all, { data }) => data.reduce((s, v) => s + v, all), 0);
        worst = Math.max(worst, Math.abs(sum - example.sum));
      }
      if (!(Math.abs(convergenceDelta) <= (example.convergenceDelta ?? Infinity))) {
        throw new Error(`convergence_delta is ${convergenceDelta}, above ${example.convergenceDelta}`);
      }
      errors.push(worst);
    }
  } catch (error) {
    const note = WhylightError.is(error) ? `${error.code}: ${error.message}` : (error as Error).message;
    return { ...result, verdict: 'FAIL', errors, outliers: off, note: note.split('\n')[0] as string };
  }
  // A sum of differences is over the whole batch in the tests that these cases come from. `<=` so that NaN fails.
  const total = norm === 'sum' ? errors.reduce((sum, error) => sum + error, 0) : Math.max(...errors);
  const passed = errors.length > 0 && total <= tolerance;
  const note = passed && off === 0 ? '' : `${passed ? '' : `above ${tolerance}; `}${off} outliers`;
  return { ...result, verdict: passed ? 'pass' : 'FAIL', errors, outliers: off, note };
}

async function explainRow(explainer: Explainer, model: Model, recipe: Recipe, example: Example): Promise<ExplainedRow> {
  const given = Object.entries(recipe.params ?? {}).filter(([, value]) => value !== undefined);
  const { rows } = await explainer.explain(model, {
    method: recipe.method,
    params: Object.fromEntries(given),
    target: example.target,
    scores: recipe.scores,
    seed: 0,
    inputs: example.inputs,
  });
  const [row] = rows;
  if (!row) throw new Error('the explainer gave no row');
  return row;
}
