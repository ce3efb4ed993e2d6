/** Runs one comparison through the same explainer as everything else, and judges it. */
import { SessionCache } from '../../src/core/engine/session-cache.ts';
import { WhylightError } from '../../src/core/errors.ts';
import { Explainer } from '../../src/core/explainer/explainer.ts';
import type { ExplainedRow } from '../../src/core/explainer/explanation.ts';
import type { Method } from '../../src/core/method/contract.ts';
import { MethodRegistry } from '../../src/core/method/registry.ts';
import type { Model } from '../../src/core/model/model.ts';
import { graphCompiler } from '../../src/core/plan/compile-variant.ts';
import { Random } from '../../src/core/tensor/random.ts';
import type { Inputs } from '../../src/core/tensor/rows.ts';
import { float32 } from '../../src/core/tensor/tensor.ts';
import { onlyRow } from '../support/only-row.ts';
import { type Comparison, distance, type Example, outliers, type Recipe } from './comparison.ts';

export type Verdict = 'pass' | 'FAIL' | 'skip';

export interface Result {
  readonly model: string;
  readonly entry: string;
  readonly engine: string;
  readonly verdict: Verdict;
  /** Distance to the expected numbers, one for each example. */
  readonly errors: readonly number[];
  /** Reason of a skip or a failure, or a remark on a pass. */
  readonly note: string;
}

/**
 * Scores come in float32, and go through sums in another order on every engine: measured over ten models and three
 * runtimes, what is subtracted from one another in a perturbation method is off by 0.1 to 3.8 roundings of the largest
 * score. Twice that is allowed for.
 */
const SCORE_ROUNDINGS = 8;
const FLOAT32_EPSILON = 2 ** -23;
/** From this share of noise on, a comparison says nothing. */
const UNDECIDABLE = 0.1;

/** Number of nearby inputs that are tried where a ReLU or a maximum may sit at its kink. */
const NEIGHBOURS = 8;
/** Distance of these inputs, relative to the largest value. */
/** Distance of these inputs, relative to each value. */
const NEIGHBOUR_DISTANCE = 3e-7;

const SESSION_BYTES = 2 ** 26;

/** Reason why this comparison cannot be run with these methods; undefined when it can. */
export function reasonToSkip(
  { skip, recipe, check, methods: needed = [] }: Comparison,
  methods: MethodRegistry,
): string | undefined {
  if (skip !== undefined) return skip;
  if (!recipe && !check) return 'no recipe';
  const missing = [...needed, ...(recipe ? [recipe.method] : [])].find((id) => !methods.has(id));
  return missing === undefined ? undefined : `no method ${missing}`;
}

export async function compare(comparison: Comparison, explainer: Explainer): Promise<Result> {
  if (comparison.check) return verify(comparison, explainer);
  const { model: name, entry, recipe, load, examples, norm, tolerance } = comparison;
  const result = { model: name, entry, engine: explainer.engine.name };
  const errors: number[] = [];
  const notes = new Set<string>();
  let [undecidable, rounding] = [false, 0];
  try {
    if (!recipe || !load) throw new Error('nothing to run');
    const model = await load();
    const subtracts = explainer.methods.get(recipe.method).method.strategy === 'perturbation';
    let [failed, far] = [0, 0];
    for (const example of await examples()) {
      const row = await explainRow(explainer, model, recipe, example);
      const { error, off, noise } = judge(comparison, recipe, example, row);
      errors.push(error);
      far += off;
      if (error <= tolerance || norm === 'sum') continue;
      if (norm === 'l2' && subtracts && error <= tolerance + noise) {
        rounding = Math.max(rounding, noise);
        undecidable ||= noise > UNDECIDABLE;
      } else {
        const near = norm === 'l2' ? await nearest(comparison, explainer, model, recipe, example) : Infinity;
        if (near <= tolerance) notes.add(`kink: ${near.toExponential(1)} for an input ${NEIGHBOUR_DISTANCE} away`);
        else failed++;
      }
    }
    // A sum of differences is over the whole batch in the tests that these cases come from.
    if (norm === 'sum' && !(errors.reduce((sum, error) => sum + error, 0) <= tolerance)) failed++;
    if (errors.length === 0) throw new Error('no examples');
    if (rounding > 0) notes.add(`rounding of the scores alone makes up to ${rounding.toExponential(0)}`);
    if (far > 0) notes.add(`${far} outliers`);
    if (failed > 0) notes.add(`above ${tolerance}`);
    const verdict = failed > 0 ? 'FAIL' : undecidable ? 'skip' : 'pass';
    if (verdict === 'skip') notes.add('float32 cannot decide it');
    return { ...result, verdict, errors, note: [...notes].join('; ') };
  } catch (error) {
    return { ...result, verdict: 'FAIL', errors, note: explained(error) };
  }
}

async function verify({ model, entry, check, tolerance }: Comparison, explainer: Explainer): Promise<Result> {
  const result = { model, entry, engine: explainer.engine.name };
  try {
    const errors = (await check?.(explainer)) ?? [];
    if (errors.length === 0) throw new Error('nothing was looked at');
    const holds = errors.every((error) => error <= tolerance);
    return { ...result, verdict: holds ? 'pass' : 'FAIL', errors, note: holds ? '' : `above ${tolerance}` };
  } catch (error) {
    return { ...result, verdict: 'FAIL', errors: [], note: explained(error) };
  }
}

const explained = (error: unknown): string =>
  (WhylightError.is(error) ? `${error.code}: ${error.message}` : (error as Error).message).split('\n')[0] as string;

interface Judgement {
  readonly error: number;
  /** Elements that are far off. */
  readonly off: number;
  /** Relative error that differences of scores have from rounding. */
  readonly noise: number;
}

function judge({ norm }: Comparison, recipe: Recipe, example: Example, row: ExplainedRow): Judgement {
  const { values, convergenceDelta = 0 } = row;
  let [error, off, noise] = [0, 0, 0];
  const largest = Math.max(Math.abs(row.score), ...row.top.map(({ score }) => Math.abs(score)));
  for (const [name, expected] of Object.entries(example.expected)) {
    const attribution = name === '*' ? Object.values(values)[0] : values[name];
    if (!attribution) throw new Error(`no attribution of ${name}, only of ${Object.keys(values).join(', ')}`);
    const { data, dims } = attribution;
    const finished = recipe.finish ? recipe.finish(data, dims, expected.dims) : data;
    if (finished.length !== expected.data.length) throw new Error(`shape [${dims}] instead of [${expected.dims}]`);
    error = Math.max(error, distance(norm, finished, expected.data));
    off += outliers(finished, expected.data);
    const signal = Math.hypot(...expected.data) / Math.sqrt(expected.data.length);
    noise = Math.max(noise, (SCORE_ROUNDINGS * FLOAT32_EPSILON * largest) / signal);
  }
  if (example.sum !== undefined) {
    const sum = Object.values(values).reduce((all, { data }) => data.reduce((s, v) => s + v, all), 0);
    error = Math.max(error, Math.abs(sum - example.sum));
  }
  if (!(Math.abs(convergenceDelta) <= (example.convergenceDelta ?? Infinity))) {
    throw new Error(`convergence_delta is ${convergenceDelta}, above ${example.convergenceDelta}`);
  }
  return { error, off, noise };
}

/**
 * The smallest error among inputs that differ from the given one by rounding. Where an element sits at the kink of a
 * ReLU, two correct runtimes fall on different sides; then one of these inputs gives the expected numbers. A wrong
 * result stays wrong for all of them.
 */
async function nearest(
  comparison: Comparison,
  explainer: Explainer,
  model: Model,
  recipe: Recipe,
  example: Example,
): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < NEIGHBOURS && least > comparison.tolerance; i++) {
    const inputs = nearby(example.inputs, new Random(i));
    const row = await explainRow(explainer, model, recipe, { ...example, inputs });
    least = Math.min(least, judge(comparison, recipe, example, row).error);
  }
  return least;
}

function nearby(inputs: Inputs, random: Random): Inputs {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, input]) => {
      if (input.dtype !== 'float32') return [name, input];
      const noise = random.uniform(input.data.length);
      const data = (input.data as Float32Array).map(
        (x, i) => x * (1 + NEIGHBOUR_DISTANCE * (2 * (noise[i] as number) - 1)),
      );
      return [name, float32(input.dims, data)];
    }),
  );
}

async function explainRow(
  explainer: Explainer,
  model: Model,
  recipe: Recipe,
  { inputs, baselines, target, params, own }: Example,
): Promise<ExplainedRow> {
  const given = Object.entries({ ...recipe.params, ...params }).filter(([, value]) => value !== undefined);
  const { rows } = await (own ? withMethod(explainer, own) : explainer).explain(model, {
    method: recipe.method,
    params: Object.fromEntries(given),
    target,
    // References explain what the graph gives out, be it log-probabilities.
    scores: recipe.scores ?? 'output',
    seed: 0,
    inputs,
    ...(baselines && { baselines }),
  });
  return onlyRow(rows);
}

const withMethod = ({ engine }: Explainer, method: Method): Explainer =>
  new Explainer({
    compiler: graphCompiler,
    engine,
    sessions: new SessionCache(SESSION_BYTES),
    methods: new MethodRegistry([{ method }]),
  });
