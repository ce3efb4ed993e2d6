/**
 * Cost of a gradient: `npm run bench:gradient -- <folder or files>`; {@link HELP} lists the options.
 *
 * For each model, in one process and in turns so that other load on the machine meets all of them alike: the forward
 * graph, the gradient with respect to the input, and the gradient with respect to the CAM layer. Medians, quartiles, and
 * ratios to forward. Memory is measured in a process of its own for each graph, because WebAssembly never gives any back.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { COTANGENT, compile, type Optimize } from '../src/core/autodiff/compile.ts';
import type { Session, Tensors } from '../src/core/engine/engine.ts';
import { Model } from '../src/core/model/model.ts';
import type { Graph, ValueInfo } from '../src/core/onnx/graph.ts';
import { infer } from '../src/core/onnx/infer.ts';
import { write } from '../src/core/onnx/write.ts';
import { Random } from '../src/core/tensor/random.ts';
import { sizeOf, type Tensor, tensor } from '../src/core/tensor/tensor.ts';

const GRAPHS = ['forward', 'gradient', 'cam'] as const;
type GraphName = (typeof GRAPHS)[number];

const HELP = `What a gradient costs, next to the forward pass.

usage: npm run bench:gradient -- <folders or .onnx files> [options]

  --engine web|node             onnxruntime-web with one thread (default), or onnxruntime-node
  --optimize memory|speed|both  what the compiled gradients save (default: memory)
  --threads n                   of one run (default: 1 with web, one for each core with node)
  --seconds n                   time for the runs of each model (default: 8)
  --json                        all figures as JSON
  --help                        this text

Medians in milliseconds over runs in turns, of the processor where there is one thread, else of the clock; ratios are to
the forward pass; MiB is the linear memory of
onnxruntime-web after a few runs, each graph in a process of its own.`;

const [WARM_UP, MIN_ROUNDS, COMPILE_ROUNDS, SESSION_ROUNDS] = [3, 15, 7, 3];

interface Quartiles {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

interface Row {
  readonly model: string;
  readonly engine: string;
  readonly optimize: Optimize;
  readonly batch: number;
  readonly rounds: number;
  /** Milliseconds. */
  readonly run: Partial<Record<GraphName, Quartiles>>;
  readonly compile: Partial<Record<GraphName, number>>;
  readonly session: Partial<Record<GraphName, number>>;
  /** MiB of linear memory after a few runs; onnxruntime-web only. */
  readonly memory?: Partial<Record<GraphName, number>>;
  readonly skipped?: string;
}

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    engine: { type: 'string', default: 'web' },
    optimize: { type: 'string', default: 'memory' },
    threads: { type: 'string' },
    seconds: { type: 'string', default: '8' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    // For the process that measures memory: one model, one graph.
    'memory-of': { type: 'string' },
  },
});
const threads = flags.threads === undefined ? undefined : Number(flags.threads);
const engineName = oneOf('engine', flags.engine, ['web', 'node']);
const modes: readonly Optimize[] =
  oneOf('optimize', flags.optimize, ['memory', 'speed', 'both']) === 'both'
    ? ['memory', 'speed']
    : [flags.optimize as Optimize];

function oneOf<T extends string>(flag: string, value: string, choices: readonly T[]): T {
  const choice = choices.find((each) => each === value);
  if (choice) return choice;
  console.error(`--${flag} takes ${choices.join(', ')}, not "${value}".`);
  process.exit(2);
}

function onnxFiles(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .filter((name) => name.endsWith('.onnx'))
    .sort()
    .map((name) => join(path, name));
}

async function loadEngine() {
  if (engineName === 'node') return (await import('../src/node/onnxruntime-node.ts')).onnxruntimeNode({ threads });
  return (await import('../src/node/onnxruntime-web.ts')).onnxruntimeWeb({ threads });
}

/** Milliseconds of the processor where there is one thread, so that other load does not count; of the clock else. */
function spent(): number {
  if (engineName === 'node' && threads !== 1) return performance.now();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The graphs of a model that exist: without feature maps there is no CAM layer. */
function recipes(model: Model, optimize: Optimize): Partial<Record<GraphName, () => Graph>> {
  const { scores, sources, camLayer } = model.info();
  const wrt = sources.map(({ name }) => name);
  return {
    forward: () => compile(model.graph, { scores: scores.name }),
    gradient: () => compile(model.graph, { scores: scores.name, gradients: wrt, optimize }),
    ...(camLayer && {
      cam: () =>
        compile(model.graph, {
          scores: scores.name,
          gradients: [camLayer.name],
          activations: [camLayer.name],
          optimize,
        }),
    }),
  };
}

async function measure(file: string, optimize: Optimize): Promise<Row> {
  const model = await Model.read({ bytes: readFileSync(file) });
  const batch = model.fixedBatch ?? 1;
  const bare = {
    model: basename(file),
    engine: engineName,
    optimize,
    batch,
    rounds: 0,
    run: {},
    compile: {},
    session: {},
  };
  try {
    const engine = await loadEngine();
    const graphs = Object.entries(recipes(model, optimize)) as [GraphName, () => Graph][];
    const compiled: Partial<Record<GraphName, number>> = {};
    const created: Partial<Record<GraphName, number>> = {};
    const sessions: { name: GraphName; session: Session; feeds: Tensors; times: number[] }[] = [];
    for (const [name, make] of graphs) {
      const [bytes, compileTime] = await repeated(COMPILE_ROUNDS, () =>
        write(make(), { externalData: { path: 'weights.bin' } }),
      );
      const [, sessionTime] = await repeated(SESSION_ROUNDS, async () => (await engine.load(bytes)).release());
      compiled[name] = compileTime;
      created[name] = sessionTime;
      sessions.push({ name, session: await engine.load(bytes), feeds: feedsOf(make(), batch), times: [] });
    }
    const end = performance.now() + 1000 * Number(flags.seconds);
    let rounds = -WARM_UP;
    for (; rounds < MIN_ROUNDS || performance.now() < end; rounds++) {
      for (const { session, feeds, times } of sessions) {
        const started = spent();
        await session.run(feeds);
        if (rounds >= 0) times.push(spent() - started);
      }
    }
    for (const { session } of sessions) await session.release();
    const run = Object.fromEntries(sessions.map(({ name, times }) => [name, quartiles(times)]));
    const memory =
      engineName === 'web'
        ? Object.fromEntries(graphs.map(([name]) => [name, memoryInChild(file, name, optimize)]))
        : undefined;
    return { ...bare, rounds, run, compile: compiled, session: created, ...(memory && { memory }) };
  } catch (error) {
    return { ...bare, skipped: (error as Error).message };
  }
}

/** The last result and the median time. */
async function repeated<T>(times: number, work: () => T | Promise<T>): Promise<[T, number]> {
  let result: T | undefined;
  const took: number[] = [];
  for (let i = 0; i < times; i++) {
    const started = performance.now();
    result = await work();
    took.push(performance.now() - started);
  }
  return [result as T, quartiles(took).median];
}

/** Random rows; of the cotangent, the first class. */
function feedsOf(graph: Graph, batch: number): Tensors {
  const rows = infer({ ...graph, inputs: graph.inputs.map((input) => withBatch(input, batch)) });
  return Object.fromEntries(
    graph.inputs.map(({ name, dtype }, i): [string, Tensor] => {
      const dims = (rows.get(name)?.dims ?? []).map((extent) => (typeof extent === 'number' ? extent : 16));
      const size = sizeOf(dims);
      if (name === COTANGENT) {
        const perRow = size / batch;
        return [
          name,
          tensor(
            'float32',
            dims,
            Float32Array.from({ length: size }, (_, at) => (at % perRow === 0 ? 1 : 0)),
          ),
        ];
      }
      const random = new Random(1, i);
      if (dtype.startsWith('float')) return [name, tensor('float32', dims, random.normal(size))];
      return [
        name,
        tensor(
          dtype,
          dims,
          Array.from(random.uniform(size), (u) => Math.floor(u * 100)),
        ),
      ];
    }),
  );
}

const withBatch = (input: ValueInfo, batch: number): ValueInfo => ({
  ...input,
  dims: [batch, ...(input.dims ?? []).slice(1)],
});

function memoryInChild(file: string, graph: GraphName, optimize: Optimize): number {
  const self = fileURLToPath(import.meta.url);
  const args = [self, file, '--memory-of', graph, '--engine', 'web', '--optimize', optimize];
  return Number(execFileSync(process.execPath, args, { encoding: 'utf8' }));
}

/** MiB of linear memory with one session of this graph after it has run. */
async function memoryOf(file: string, name: GraphName, optimize: Optimize): Promise<number> {
  // Before the engine: the module catches the memory where it is made.
  const { wasmMemory } = await import('../test/support/wasm-memory.ts');
  const model = await Model.read({ bytes: readFileSync(file) });
  const graph = recipes(model, optimize)[name]?.() as Graph;
  const engine = await loadEngine();
  const session = await engine.load(write(graph, { externalData: { path: 'weights.bin' } }));
  for (let i = 0; i < WARM_UP; i++) await session.run(feedsOf(graph, model.fixedBatch ?? 1));
  return wasmMemory() / 2 ** 20;
}

function quartiles(times: readonly number[]): Quartiles {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] as number;
  return { median: at(0.5), low: at(0.25), high: at(0.75) };
}

function header(optimize: Optimize): string {
  return [
    `${engineName === 'web' ? 'onnxruntime-web' : 'onnxruntime-node'}, optimize for ${optimize}; medians in ms (quartiles)`,
    cells(['model', 'forward', 'gradient', 'ratio', 'CAM', 'ratio', 'compile f/g/c', 'session f/g/c', 'MiB f/g/c']),
  ].join('\n');
}

function line({ model, run, compile, session, memory, skipped }: Row): string {
  if (skipped !== undefined) return cells([model, `not measured: ${skipped}`]);
  const ratio = (of: GraphName) => (run[of] && run.forward ? (run[of].median / run.forward.median).toFixed(2) : '-');
  const each = (record: Partial<Record<GraphName, number>>) =>
    GRAPHS.map((name) => record[name]?.toFixed(0) ?? '-').join('/');
  return cells([
    model,
    spread(run.forward),
    spread(run.gradient),
    ratio('gradient'),
    spread(run.cam),
    ratio('cam'),
    each(compile),
    each(session),
    memory ? each(memory) : '-',
  ]);
}

const spread = (q: Quartiles | undefined): string =>
  q ? `${q.median.toFixed(2)} (${q.low.toFixed(1)}-${q.high.toFixed(1)})` : '-';

function cells([first = '', ...rest]: readonly string[]): string {
  const widths = [20, 20, 6, 20, 6, 14, 14, 12];
  return [first.padEnd(36), ...rest.map((cell, i) => cell.padEnd(widths[i] ?? 0))].join(' ').trimEnd();
}

if (flags.help) {
  console.log(HELP);
} else if (flags['memory-of'] !== undefined) {
  console.log(await memoryOf(positionals[0] as string, flags['memory-of'] as GraphName, modes[0] as Optimize));
} else {
  const files = positionals.flatMap(onnxFiles);
  if (files.length === 0) {
    console.error(HELP);
    process.exit(2);
  }
  const rows: Row[] = [];
  for (const optimize of modes) {
    if (!flags.json) console.log(header(optimize));
    for (const file of files) {
      const row = await measure(file, optimize);
      rows.push(row);
      if (!flags.json) console.log(line(row));
    }
  }
  if (flags.json) console.log(JSON.stringify(rows, null, 2));
}
