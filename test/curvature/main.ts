/**
 * `npm run curvature -- <folder> ...`: Hessian-vector products of every smooth model in the folders against central
 * differences of the gradient, as a table in Markdown. A smooth model has an input of floating point numbers, and
 * no operator with a kink, a choice or a rounding between it and the scores. Further inputs stay as they are.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { compile } from '../../src/core/autodiff/compile.ts';
import { Model } from '../../src/core/model/model.ts';
import type { ValueInfo } from '../../src/core/onnx/graph.ts';
import { Random } from '../../src/core/tensor/random.ts';
import { hessianVector } from '../../src/package/derivatives.ts';

/** Operators whose second derivative does not exist somewhere, or that choose, count or round. */
const KINKS = new Set(
  'Relu LeakyRelu PRelu ThresholdedRelu Elu Celu Selu Abs Clip HardSigmoid HardSwish Hardmax Max Min MaxPool ReduceMax ReduceMin ReduceL1 GlobalMaxPool MaxRoiPool RoiAlign TopK ArgMax ArgMin Sign Shrink Floor Ceil Round QuantizeLinear DequantizeLinear DynamicQuantizeLinear Where Mod NonMaxSuppression If Loop Scan Greater Less Equal TreeEnsemble TreeEnsembleClassifier TreeEnsembleRegressor'.split(
    ' ',
  ),
);
/** Steps of the differences, along a direction of length 1; the best of them counts, since each rounds differently. */
const STEPS = [0.1, 0.03, 0.01, 0.003];
/** Dims of one row that are open in a file. */
const OPEN_DIM = 8;
const MAX_ELEMENTS = 200_000;

type Numbers = Float32Array<ArrayBuffer>;

interface Line {
  readonly model: string;
  readonly result: string;
}

async function lineOf(file: string): Promise<Line> {
  const model = basename(file, '.onnx');
  const bytes = new Uint8Array(readFileSync(file));
  const opened = await Model.read({ bytes });
  const { sources, scores } = opened.info();
  // Constants are evaluated, shapes too: what is left depends on the input.
  const { nodes, inputs } = compile(opened.graph, { scores: scores.name });
  const kinks = [...new Set(nodes.map(({ op }) => op).filter((op) => KINKS.has(op)))];
  if (kinks.length > 0) return { model, result: `not smooth: ${kinks.join(', ')}` };
  const [source] = sources;
  if (!source || source.input !== source.name) return { model, result: 'no input of floating point numbers' };
  const dims = source.dims.map((dim) => (typeof dim === 'number' ? dim : OPEN_DIM));
  const count = scores.dims.reduce<number>((product, dim) => product * (typeof dim === 'number' ? dim : OPEN_DIM), 1);
  const size = dims.reduce((product, dim) => product * dim, 1);
  if (size > MAX_ELEMENTS) return { model, result: `${size} elements, which is too many to try here` };
  const written = await hessianVector(bytes, { wrt: source.name });
  const session = await InferenceSession.create(written.graph);
  const random = new Random(3);
  const draw = (index: number, length: number): Numbers => Float32Array.from(random.at(index).normal(length));
  const [x, v, weights] = [draw(0, size), unit(draw(1, size)), draw(2, count)];
  const scoreDims = scores.dims.map((dim) => (typeof dim === 'number' ? dim : OPEN_DIM));
  const held = Object.fromEntries(
    inputs
      .filter(({ name }) => name !== source.name)
      .map((input, i) => [input.name, given(input, (n) => draw(3 + i, n))]),
  );
  const run = async (row: Numbers) => {
    const outputs = await session.run({
      ...held,
      [source.name]: new Tensor('float32', row, [1, ...dims]),
      [written.cotangent]: new Tensor('float32', weights, [1, ...scoreDims]),
      [written.direction]: new Tensor('float32', v, [1, ...dims]),
    });
    return {
      gradient: outputs[written.gradient]?.data as Numbers,
      product: outputs[written.product]?.data as Numbers,
    };
  };
  const { product } = await run(x);
  const tried: { step: number; cosine: number; off: number }[] = [];
  for (const step of STEPS) {
    const moved = (sign: number): Numbers => x.map((value, i) => value + sign * step * (v[i] as number));
    const [up, down] = [(await run(moved(1))).gradient, (await run(moved(-1))).gradient];
    const differences = up.map((value, i) => (value - (down[i] as number)) / (2 * step));
    tried.push({ step, ...comparison(product, differences) });
  }
  const best = tried.reduce((a, b) => (b.off < a.off ? b : a));
  return {
    model,
    result: `${best.step} | ${best.cosine.toFixed(6)} | ${best.off.toExponential(1)} | ${written.compiled.nodes.length}`,
  };
}

/** Value of an input that stays as it is: random numbers, or ones where it takes whole numbers. */
function given({ dtype, dims = [] }: ValueInfo, draw: (length: number) => Numbers): Tensor {
  const shape = dims.map((dim, axis) => (typeof dim === 'number' ? dim : axis === 0 ? 1 : OPEN_DIM));
  const size = shape.reduce((product, dim) => product * dim, 1);
  if (dtype === 'float32') return new Tensor('float32', draw(size), shape);
  if (dtype === 'int64') return new Tensor('int64', new BigInt64Array(size).fill(1n), shape);
  throw new Error(`an input of ${dtype}`);
}

function unit(values: Numbers): Numbers {
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
}

/** Cosine, and the largest difference relative to the largest element; both models flat counts as equal. */
function comparison(actual: Numbers, expected: Numbers) {
  let [dot, a, b, off, scale] = [0, 0, 0, 0, 0];
  for (const [i, value] of actual.entries()) {
    const other = expected[i] as number;
    dot += value * other;
    a += value * value;
    b += other * other;
    off = Math.max(off, Math.abs(value - other));
    scale = Math.max(scale, Math.abs(value));
  }
  return a === 0 && b < 1e-12 ? { cosine: 1, off: 0 } : { cosine: dot / Math.sqrt(a * b), off: off / scale };
}

const folders = process.argv.slice(2);
if (folders.length === 0) throw new Error('Name a folder with .onnx files: npm run curvature -- models');
const files = folders.flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.onnx'))
    .sort()
    .map((file) => join(folder, file)),
);
const measured: Line[] = [];
const others: Line[] = [];
for (const file of files) {
  const line = await lineOf(file).catch((error: Error) => ({
    model: basename(file),
    result: error.message.slice(0, 120),
  }));
  (line.result.includes(' | ') ? measured : others).push(line);
}
console.log(`| Model | Step | Cosine | Difference | Nodes |\n|---|---|---|---|---|`);
for (const { model, result } of measured) console.log(`| \`${model}\` | ${result} |`);
console.log(`\n${measured.length} smooth models; left out:`);
for (const { model, result } of others) console.log(`  ${model}: ${result}`);
