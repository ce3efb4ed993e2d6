/** Judges one case: the graph after reading and writing against the original file, and vector-Jacobian products. */
import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema, TensorProto_DataType } from 'onnx-buf';
import { COTANGENT, compile, gradientName } from '../../src/core/autodiff/compile.ts';
import { WhylightError } from '../../src/core/errors.ts';
import type { Graph } from '../../src/core/onnx/graph.ts';
import { read } from '../../src/core/onnx/read.ts';
import { cast } from '../../src/core/tensor/cast.ts';
import { Random } from '../../src/core/tensor/random.ts';
import { sizeOf, type Tensor, tensor } from '../../src/core/tensor/tensor.ts';
import { onnxruntimeNode } from '../../src/node/onnxruntime-node.ts';
import { open, type Run } from '../../src/testing/open.ts';
import type { OperatorCase } from './cases.ts';

/** `unclear`: differences with two steps disagree, so the function has a kink or a jump there. */
export type ProductVerdict = 'agrees' | 'disagrees' | 'refused' | 'refused_flat' | 'unclear' | 'fails';

export type ForwardVerdict = 'same' | 'differs' | 'refused' | 'does_not_load' | 'does_not_run' | 'not_run_by_engine';

export interface Product {
  readonly output: string;
  readonly input: string;
  readonly verdict: ProductVerdict;
  readonly error?: number;
  readonly reason?: string;
}

export interface Verdict {
  readonly forward: ForwardVerdict;
  readonly reason?: string;
  readonly products: readonly Product[];
}

const FORWARD_TOLERANCE = 1e-4;
/** Tolerance of outputs that are rounded to float16. */
const HALF_TOLERANCE = 2e-3;
const PRODUCT_TOLERANCE = 2e-2;
const STATED_TOLERANCE = 1e-3;
/** Share by which the slopes on both sides may differ. */
const KINK = 2e-2;

export async function judge(testCase: OperatorCase): Promise<Verdict> {
  const original = await runOriginal(testCase);
  if (typeof original === 'string' && !testCase.stated && isNotComparable(testCase)) {
    return { forward: 'not_run_by_engine', reason: original, products: [] };
  }
  const verdict = await judgeAgainst(testCase, typeof original === 'string' ? testCase.outputs : original);
  // An operator that the engine does not know may still run in parts; one that runs in neither form is nobody's fault.
  const unrun = ['does_not_load', 'does_not_run', 'refused'].includes(verdict.forward);
  return typeof original === 'string' && !testCase.stated && unrun
    ? { forward: 'not_run_by_engine', reason: original, products: [] }
    : verdict;
}

/** Words are fed as their codes, which the case does not state; random numbers differ from those that it states. */
const isNotComparable = ({ model, operators }: OperatorCase): boolean =>
  operators.some((op) => /^(Random|Bernoulli|Multinomial)/.test(op)) ||
  fromBinary(ModelProtoSchema, model).graph?.input.some(
    ({ type }) => type?.value.case === 'tensorType' && type.value.value.elemType === TensorProto_DataType.STRING,
  ) === true;

async function judgeAgainst(testCase: OperatorCase, expected: Readonly<Record<string, Tensor>>): Promise<Verdict> {
  let graph: Graph;
  try {
    graph = read(testCase.model);
  } catch (error) {
    return { forward: 'refused', reason: messageOf(error), products: [] };
  }
  const scores = graph.outputs[0]?.name ?? '';
  let forward: Run;
  try {
    forward = await open(compile(graph, { scores, outputs: graph.outputs.map(({ name }) => name) }));
  } catch (error) {
    return { forward: 'does_not_load', reason: messageOf(error), products: [] };
  }
  try {
    const given = feedsOf(graph, testCase.feeds);
    const got = await forward(given);
    const error = Math.max(...Object.entries(expected).map(([name, value]) => errorOf(got[name], value)));
    const isHalf = Object.values(expected).some(({ dtype }) => dtype === 'float16');
    if (!(error < (isHalf ? HALF_TOLERANCE : FORWARD_TOLERANCE))) {
      return { forward: 'differs', reason: `by ${error.toExponential(1)}`, products: [] };
    }
    return { forward: 'same', products: await productsOf(testCase, graph, given, got) };
  } catch (error) {
    return { forward: 'does_not_run', reason: messageOf(error), products: [] };
  } finally {
    await forward.release();
  }
}

/** Outputs of the file as it is, or the engine's message. */
async function runOriginal({ model, feeds }: OperatorCase): Promise<Readonly<Record<string, Tensor>> | string> {
  try {
    const session = await onnxruntimeNode().load({ graph: model });
    try {
      return await session.run(feeds);
    } finally {
      await session.release();
    }
  } catch (error) {
    return messageOf(error);
  }
}

const isFloat = ({ dtype }: Tensor): boolean => dtype === 'float32' || dtype === 'float64';

const feedsOf = (graph: Graph, feeds: Readonly<Record<string, Tensor>>): Record<string, Tensor> =>
  Object.fromEntries(
    graph.inputs.flatMap(({ name, dtype }) => (feeds[name] ? [[name, cast(feeds[name], dtype)]] : [])),
  );

async function productsOf(
  testCase: OperatorCase,
  graph: Graph,
  feeds: Record<string, Tensor>,
  results: Readonly<Record<string, Tensor>>,
): Promise<Product[]> {
  const { stated } = testCase;
  if (stated)
    return Promise.all(Object.keys(stated.gradients).map((input) => statedProduct(testCase, graph, feeds, input)));
  const products: Product[] = [];
  for (const { name: output } of graph.outputs) {
    const y = results[output];
    if (!y || !isFloat(y) || sizeOf(y.dims) === 0) continue;
    for (const [input, x] of Object.entries(feeds)) {
      if (isFloat(x) && sizeOf(x.dims) > 0) products.push(await product(graph, feeds, output, input, y));
    }
  }
  return products;
}

/** One input's gradient against the one that the case states. */
async function statedProduct(
  { stated }: OperatorCase,
  graph: Graph,
  feeds: Record<string, Tensor>,
  input: string,
): Promise<Product> {
  const { output = '', cotangent, gradients } = stated ?? {};
  try {
    const got = await gradientOf(graph, feeds, output, input, cotangent as Tensor);
    const error = errorOf(got, gradients?.[input] as Tensor);
    return { output, input, error, verdict: error < STATED_TOLERANCE ? 'agrees' : 'disagrees' };
  } catch (error) {
    return { output, input, verdict: verdictOf(error), reason: messageOf(error) };
  }
}

async function product(
  graph: Graph,
  feeds: Record<string, Tensor>,
  output: string,
  input: string,
  y: Tensor,
): Promise<Product> {
  const forward = await open(compile(graph, { scores: output }));
  const x = feeds[input] as Tensor;
  const random = (dims: readonly number[], dtype: Tensor['dtype'], seed: number): Tensor => {
    const values = new Random(seed).normal(sizeOf(dims));
    return cast(tensor('float32', dims, values), dtype);
  };
  const cotangent = random(y.dims, y.dtype, 7);
  const along = random(x.dims, x.dtype, 11);
  try {
    let kinked = false;
    const slope = async (step: number): Promise<number> => {
      const at = async (offset: number): Promise<number> => {
        const data = (x.data as Float32Array).map((v, i) => v + offset * Number(along.data[i]));
        return dot((await forward({ ...feeds, [input]: { ...x, data } as Tensor }))[output] as Tensor, cotangent);
      };
      const [above, here, below] = [await at(step), await at(0), await at(-step)];
      kinked ||= Math.abs(above - 2 * here + below) / step > KINK * Math.max(1e-2, Math.abs(above - below) / step);
      return (above - below) / (2 * step);
    };
    const slopes = await Promise.all([slope(8e-3), slope(2e-3)]).catch((error: unknown) => messageOf(error));
    // Scales and frequencies that an engine takes in a few combinations only: there are no differences to compare with.
    if (typeof slopes === 'string') return { output, input, verdict: 'unclear', reason: slopes };
    const [coarse, fine] = slopes;
    let analytic: number;
    let terms = 0;
    try {
      const gradient = await gradientOf(graph, feeds, output, input, cotangent);
      analytic = dot(gradient, along);
      terms = Math.hypot(...Array.from(gradient.data as Float32Array, (g, i) => g * Number(along.data[i])));
    } catch (error) {
      const flat = Math.abs(fine) < 1e-6 && Math.abs(coarse) < 1e-6;
      const verdict = verdictOf(error);
      return {
        output,
        input,
        verdict: flat && verdict === 'refused' ? 'refused_flat' : verdict,
        reason: messageOf(error),
      };
    }
    const scale = Math.max(1e-2, Math.abs(fine), terms);
    const error = Math.abs(analytic - fine) / scale;
    if (error < PRODUCT_TOLERANCE) return { output, input, error, verdict: 'agrees' };
    // Scores that masks have made as low as floats go swallow every difference.
    const swamped = Array.from(y.data as Float32Array).some((value) => Math.abs(value) > 1e20);
    const unclear = swamped || kinked || !(Math.abs(coarse - fine) / scale < PRODUCT_TOLERANCE);
    return { output, input, error, verdict: unclear ? 'unclear' : 'disagrees' };
  } finally {
    await forward.release();
  }
}

async function gradientOf(
  graph: Graph,
  feeds: Record<string, Tensor>,
  output: string,
  input: string,
  cotangent: Tensor,
): Promise<Tensor> {
  const compiled = compile(graph, { scores: output, gradients: [input] });
  const dtype = compiled.inputs.find(({ name }) => name === COTANGENT)?.dtype ?? 'float32';
  const backward = await open(compiled);
  try {
    return (await backward({ ...feeds, [COTANGENT]: cast(cotangent, dtype) }))[gradientName(input)] as Tensor;
  } finally {
    await backward.release();
  }
}

const verdictOf = (error: unknown): ProductVerdict =>
  WhylightError.is(error, 'not_differentiable') ? 'refused' : 'fails';

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 400);

const dot = (a: Tensor, b: Tensor): number => {
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += Number(a.data[i]) * Number(b.data[i]);
  return sum;
};

/** Largest difference over the largest expected magnitude, or over 1e-3 where all are smaller; equal infinities and NaNs agree. */
function errorOf(got: Tensor | undefined, expected: Tensor): number {
  if (!got || got.data.length !== expected.data.length || got.dims.join() !== expected.dims.join())
    return Number.POSITIVE_INFINITY;
  let [worst, scale] = [0, 1e-3];
  for (let i = 0; i < expected.data.length; i++) {
    const [a, b] = [Number(got.data[i]), Number(expected.data[i])];
    if (Object.is(a, b) || a === b) continue;
    worst = Math.max(worst, Number.isFinite(a - b) ? Math.abs(a - b) : Number.POSITIVE_INFINITY);
  }
  for (const value of expected.data)
    if (Number.isFinite(Number(value))) scale = Math.max(scale, Math.abs(Number(value)));
  return worst / scale;
}
