/**
 * Parts of a gradient: `npm run bench:operators -- <.onnx files>`.
 *
 * The forward graph of each model and its gradient for `speed`, on one thread of onnxruntime-node with its profiler: for
 * each node of the optimised graph the least time of several runs, added up by purpose. Times of the clock; the least of
 * each node is that of a quiet moment also on a busy machine.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { COTANGENT, compile } from '../src/core/autodiff/compile.ts';
import { Model } from '../src/core/model/model.ts';
import type { Graph } from '../src/core/onnx/graph.ts';
import { write } from '../src/core/onnx/write.ts';
import { Random } from '../src/core/tensor/random.ts';
import { sizeOf } from '../src/core/tensor/tensor.ts';

const ROUNDS = 60;

/** Event of the profiler, as far as it is read here. */
interface Event {
  readonly cat: string;
  readonly name: string;
  /** Microseconds. */
  readonly dur: number;
  readonly args: { readonly op_name?: string };
}

/** Purposes of the operators of a backward pass. */
const PURPOSES: Readonly<Record<string, string>> = {
  Conv: 'convolutions',
  Gemm: 'convolutions',
  ConvTranspose: 'transposed',
  HardSigmoid: 'masks',
  Mul: 'masks',
};

/** Microseconds of the nodes of a graph by purpose. */
async function profile(graph: Graph): Promise<Map<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), 'whylight-'));
  try {
    const session = await InferenceSession.create(write(graph).graph, {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      logSeverityLevel: 4,
      enableProfiling: true,
      profileFilePrefix: join(folder, 'profile'),
    });
    const feeds = Object.fromEntries(graph.inputs.map((input) => [input.name, feedOf(input)]));
    for (let round = 0; round < ROUNDS; round++) await session.run(feeds);
    session.endProfiling();
    await session.release();
    const [file] = readdirSync(folder);
    return byPurpose(JSON.parse(readFileSync(join(folder, file as string), 'utf8')) as Event[]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** One row: noise, and the first class as the cotangent. */
function feedOf({ name, dims = [] }: Graph['inputs'][number]): Tensor {
  const shape = dims.map((dim) => (typeof dim === 'number' ? dim : 1));
  const data = name === COTANGENT ? new Float32Array(sizeOf(shape)) : new Random(1, 0).normal(sizeOf(shape));
  if (name === COTANGENT) data[0] = 1;
  return new Tensor('float32', Float32Array.from(data), shape);
}

function byPurpose(events: readonly Event[]): Map<string, number> {
  const nodes = new Map<string, { readonly op: string; least: number }>();
  for (const { cat, name, dur, args } of events) {
    if (cat !== 'Node' || !name.endsWith('_kernel_time')) continue;
    const known = nodes.get(name);
    if (known) known.least = Math.min(known.least, dur);
    else nodes.set(name, { op: args.op_name ?? '', least: dur });
  }
  // Everything that a rule writes has the name of its node.
  const pools = new Set(
    [...nodes].filter(([name, { op }]) => isBackward(name) && op === 'MaxPool').map(([name]) => ruleOf(name)),
  );
  const sums = new Map<string, number>();
  for (const [name, { op, least }] of nodes) {
    const purpose = pools.has(ruleOf(name)) ? 'pools' : purposeOf(name, op);
    sums.set(purpose, (sums.get(purpose) ?? 0) + least);
  }
  return sums;
}

const isBackward = (name: string): boolean => name.startsWith('backward/');
const ruleOf = (name: string): string => name.slice(0, name.lastIndexOf('/'));

function purposeOf(name: string, op: string): string {
  if (op.startsWith('Reorder')) return 'reorders';
  if (isBackward(name)) return PURPOSES[op] ?? 'others';
  return /^(top|finish)\//.test(name) ? 'others' : 'forward';
}

const files = process.argv.slice(2);
if (files.length === 0 || files.includes('--help')) {
  console.log(`Parts of a gradient natively, next to the forward pass.

usage: npm run bench:operators -- <.onnx files>

Milliseconds of the nodes of the optimised graphs by purpose. The bound is the gradient of which everything but the
forward pass and the backward convolutions, transposed ones included, takes no time.`);
  process.exit(files.length === 0 ? 2 : 0);
}
const COLUMNS = ['forward', 'convolutions', 'transposed', 'masks', 'pools', 'reorders', 'others'];
console.log(`| model | forward alone | ${COLUMNS.join(' | ')} | ratio | bound |`);
console.log(`|---|---|${COLUMNS.map(() => '---|').join('')}---|---|`);
for (const file of files) {
  const model = await Model.read({ bytes: readFileSync(file) });
  const { scores, sources } = model.info();
  const gradients = sources.map(({ name }) => name);
  const alone = await profile(compile(model.graph, { scores: scores.name }));
  const parts = await profile(compile(model.graph, { scores: scores.name, gradients, optimize: 'speed' }));
  const sum = (times: Iterable<number>): number => [...times].reduce((a, b) => a + b, 0);
  const forward = sum(alone.values());
  const bound = 1 + ((parts.get('convolutions') ?? 0) + (parts.get('transposed') ?? 0)) / forward;
  const cells = [forward, ...COLUMNS.map((purpose) => parts.get(purpose) ?? 0)].map((us) => (us / 1000).toFixed(2));
  const ratios = [sum(parts.values()) / forward, bound].map((ratio) => ratio.toFixed(2));
  console.log(`| ${[basename(file, '.onnx'), ...cells, ...ratios].join(' | ')} |`);
}
