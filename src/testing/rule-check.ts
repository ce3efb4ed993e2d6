/** Compares what a rule writes with central differences of the forward operator, on the real engine. */
import { COTANGENT, compile, gradientName } from '../core/autodiff/compile.ts';
import type { CaseInput, Rule, RuleCase } from '../core/autodiff/rule.ts';
import type { Ruleset } from '../core/autodiff/ruleset.ts';
import { WhylightError } from '../core/errors.ts';
import { GraphBuilder, type Value } from '../core/onnx/builder.ts';
import type { Graph } from '../core/onnx/graph.ts';
import { Random } from '../core/tensor/random.ts';
import { type DataType, sizeOf, type Tensor, tensor } from '../core/tensor/tensor.ts';
import { open, type Run } from './open.ts';

/** Step of the differences: far above float32's rounding, far below the spacing of the cases' values. */
const STEP = 0.02;

/** Largest disagreement between a rule and central differences, with the output and input where it occurs. */
export interface Mismatch {
  readonly output: string;
  readonly input: string;
  /** Largest |analytic - numeric| over the largest |numeric|. */
  readonly error: number;
}

/**
 * Compares a rule with central differences of the forward operator, one element of the inputs at a time.
 * @param ruleset ruleset that holds the rule
 * @returns the worst disagreement over all outputs and inputs of the case
 * @throws WhylightError as {@link compile} and the engine do
 *
 * @example
 * import { checkRule } from 'whylight/testing';
 * const ruleset = defineRuleset({ id: 'sine', title: 'Sine', base: gradient, rules: [sine] });
 * for (const one of sine.cases) expect((await checkRule(sine, one, ruleset, 'memory')).error).toBeLessThan(2e-3);
 */
export async function checkRule(
  rule: Pick<Rule, 'op' | 'domain'>,
  ruleCase: RuleCase,
  ruleset: Ruleset,
  optimize: 'speed' | 'memory',
): Promise<Mismatch> {
  const { graph, feeds, wrt, outputs } = buildCase(rule, ruleCase);
  let worst: Mismatch = { output: '', input: '', error: 0 };
  for (const output of outputs) {
    const forward = await open(compile(graph, { scores: output }));
    const backward = await open(compile(graph, { scores: output, gradients: wrt, ruleset, optimize }));
    const y = (await forward(feeds))[output] as Tensor;
    const cotangent = tensor('float32', y.dims, new Random(7).normal(sizeOf(y.dims)));
    const gradients = await backward({ ...feeds, [COTANGENT]: cotangent });
    const again = (gradients[output] as Tensor<'float32'>).data;
    const forwardError = Math.max(0, ...again.map((v, i) => Math.abs(v - Number(y.data[i]))));
    if (!(forwardError <= worst.error)) worst = { output, input: 'the forward pass', error: forwardError };
    for (const input of wrt) {
      const analytic = (gradients[gradientName(input)] as Tensor<'float32'>).data;
      const numeric = await differences(forward, feeds, input, output, cotangent);
      const scale = Math.max(1e-2, ...numeric.map(Math.abs));
      const error = Math.max(...numeric.map((n, i) => Math.abs(n - (analytic[i] ?? Number.NaN)) / scale));
      if (!(error <= worst.error)) worst = { output, input, error };
    }
    await Promise.all([forward.release(), backward.release()]);
  }
  return worst;
}

/**
 * Compares a rule with a central difference along one random direction through all inputs at once, in both `optimize`
 * modes: five forward runs, however large the inputs are, for tests that try many shapes.
 * @param ruleset ruleset that holds the rule
 * @returns the worst |analytic - numeric| as a share of the typical slope; undefined when the engine refuses the node
 * @throws WhylightError as {@link compile} and the engine do for the backward graph
 *
 * @example
 * import { checkDirection } from 'whylight/testing';
 * const error = await checkDirection(sine, { inputs: [[64, 64]] }, ruleset);
 * expect(error).toBeLessThan(2e-3);
 */
export async function checkDirection(
  rule: Pick<Rule, 'op' | 'domain'>,
  ruleCase: RuleCase,
  ruleset: Ruleset,
): Promise<number | undefined> {
  const { graph, feeds, wrt, outputs } = buildCase(rule, ruleCase);
  const along = wrt.map((name, i) =>
    new Random(11, i).uniform(sizeOf((feeds[name] as Tensor).dims)).map((u) => 2 * u - 1),
  );
  let worst = 0;
  for (const output of outputs) {
    const forward = await opened(compile(graph, { scores: output }));
    const y = await forward?.(feeds).catch(refused);
    if (!forward || !y) return undefined;
    const cotangent = tensor(
      'float32',
      (y[output] as Tensor).dims,
      new Random(7).normal(sizeOf((y[output] as Tensor).dims)),
    );
    const slopeAt = async (offset: number): Promise<number> => {
      const moved = Object.fromEntries(wrt.map((name, i) => [name, shifted(feeds[name] as Tensor, along[i], offset)]));
      return dot((await forward({ ...feeds, ...moved }))[output] as Tensor, cotangent);
    };
    const near = (await slopeAt(STEP)) - (await slopeAt(-STEP));
    const far = (await slopeAt(2 * STEP)) - (await slopeAt(-2 * STEP));
    const numeric = (8 * near - far) / (12 * STEP);
    for (const optimize of ['memory', 'speed'] as const) {
      const backward = await open(compile(graph, { scores: output, gradients: wrt, ruleset, optimize }));
      const gradients = await backward({ ...feeds, [COTANGENT]: cotangent });
      const terms = wrt.flatMap((name, i) => {
        const { data } = gradients[gradientName(name)] as Tensor<'float32'>;
        return Array.from(data, (g, at) => g * (along[i]?.[at] ?? Number.NaN));
      });
      const analytic = terms.reduce((a, b) => a + b, 0);
      const error = Math.abs(analytic - numeric) / Math.max(1e-2, Math.abs(numeric), Math.hypot(...terms));
      if (!(error <= worst)) worst = error;
      await backward.release();
    }
    await forward.release();
  }
  return worst;
}

const refused = (error: unknown): undefined => {
  if (!WhylightError.is(error)) throw error;
};

const opened = (graph: Graph): Promise<Run | undefined> => open(graph).catch(refused);

const shifted = (x: Tensor, along: Float32Array | undefined, offset: number): Tensor =>
  tensor(
    'float32',
    x.dims,
    Float32Array.from(x.data as Float32Array, (v, i) => v + offset * (along?.[i] ?? Number.NaN)),
  );

const dot = (a: Tensor, b: Tensor): number =>
  (a.data as Float32Array).reduce((sum, v, i) => sum + v * Number(b.data[i]), 0);

/** d<cotangent, y>/dx by the five-point rule, one element of x at a time. */
async function differences(
  forward: Run,
  feeds: Record<string, Tensor>,
  input: string,
  output: string,
  cotangent: Tensor<'float32'>,
): Promise<number[]> {
  const x = feeds[input] as Tensor<'float32'>;
  const at = async (index: number, offset: number): Promise<number> => {
    const moved = x.data.slice();
    moved[index] = (moved[index] as number) + offset;
    const y = (await forward({ ...feeds, [input]: { ...x, data: moved } }))[output] as Tensor<'float32'>;
    return y.data.reduce((sum, v, i) => sum + v * (cotangent.data[i] as number), 0);
  };
  const slopes: number[] = [];
  for (let i = 0; i < x.data.length; i++) {
    const near = (await at(i, STEP)) - (await at(i, -STEP));
    const far = (await at(i, 2 * STEP)) - (await at(i, -2 * STEP));
    slopes.push((8 * near - far) / (12 * STEP));
  }
  return slopes;
}

/** One node as a graph of its own. */
export function buildCase(
  rule: Pick<Rule, 'op' | 'domain'>,
  ruleCase: RuleCase,
): { graph: Graph; feeds: Record<string, Tensor>; wrt: string[]; outputs: string[] } {
  const g = GraphBuilder.empty(rule.op);
  const feeds: Record<string, Tensor> = {};
  const wrt: string[] = [];
  const operands = ruleCase.inputs.map((input, i): Value | null => {
    if (input === null) return null;
    const { dims, dtype, data, constant } = describe(input, i);
    if (constant) return g.constant(dtype, dims, data);
    const value = g.input(`x${i}`, dtype, dims);
    feeds[value.name] = tensor(dtype, dims, data);
    if (dtype === 'float32' && (ruleCase.wrt?.includes(i) ?? true)) wrt.push(value.name);
    return value;
  });
  const results = g.ops(rule.op, operands, ruleCase.attributes, ruleCase.outputs ?? 1, rule.domain);
  const floats = results.filter((value) => value.dtype === 'float32');
  return { graph: g.build(floats), feeds, wrt, outputs: floats.map((v) => v.name) };
}

function describe(
  input: Exclude<CaseInput, null>,
  seed: number,
): { dims: readonly number[]; dtype: DataType; data: ArrayLike<number>; constant: boolean } {
  const given = 'dims' in input ? input : { dims: input };
  const { dims, dtype = 'float32', range = [-1, 1], data, constant = dtype !== 'float32' } = given;
  return { dims, dtype, constant, data: data ?? spread(sizeOf(dims), range, seed) };
}

/** Evenly spaced in the range, in random order: no two values close, none at the ends. */
function spread(count: number, [low, high]: readonly [number, number], seed: number): Float32Array {
  const order = new Random(seed + 1).permutation(count);
  return Float32Array.from(order, (k) => low + ((k + 0.5) / count) * (high - low));
}
