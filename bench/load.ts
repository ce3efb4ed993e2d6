/**
 * Many clients at once: `npm run bench:load`; {@link HELP} lists the options.
 *
 * The real Worker in workerd, mixed requests of many clients with some that are wrong. Every answer is compared with what the
 * same question got in peace, before; the heap of the isolate and the memory of workerd are watched. Questions that were never asked before differ from
 * known ones in their seed alone, which methods without chance do not use: their answers are known, but not yet kept.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../src/core/tensor/random.ts';
import { float32 } from '../src/core/tensor/tensor.ts';
import { HEADER_LENGTH, type Parameters } from '../src/protocol/open-inference.ts';
import { encodeRequest } from '../src/protocol/open-inference-client.ts';
import { numberFlagsOf } from './support/flags.ts';
import { limitIsolates } from './support/isolates.ts';
import { growth, lows, MemoryWatch, shown } from './support/memory-watch.ts';
import { seconds } from './support/processes.ts';
import { makeProject } from './support/project.ts';
import { bundle, startWorker } from './support/worker.ts';

const HELP = `Many clients at once; every answer is compared.

usage: npm run bench:load -- [options]

  --requests n      requests in all (default: 20000)
  --seconds n       time for which requests are sent, in place of a number of them
  --connections n   at the same time (default: 50)
  --bad n           of a hundred, how many are wrong (default: 2)
  --seed n          of the order of requests (default: 1)
  --help            this text

Ends with 1 when an answer is wrong or a 5xx, or when the heap of the isolate or the memory of workerd grows.`;

const {
  requests,
  seconds: duration,
  connections,
  bad,
  seed,
} = numberFlagsOf(HELP, {
  requests: 20_000,
  seconds: 0,
  connections: 50,
  bad: 2,
  seed: 1,
});

const limitMs = 1000 * duration;

const EXPLAIN = '/v2/models/cifar10/explain';
const JSON_TYPE = { 'Content-Type': 'application/json' };
const NO_STORE = { 'Cache-Control': 'no-store' };
const DEMO = { 'X-Api-Key': 'whylight-demo' };
const image = readFileSync('examples/photos/cat.jpg');
const pixels = (n: number): number[] => Array.from({ length: 3072 }, (_, i) => Math.sin(i * 0.013 * (n + 1)));
const tensors = (parameters: object, n = 0, data: unknown = pixels(n), shape = [1, 3, 32, 32]): string =>
  JSON.stringify({ parameters, inputs: [{ name: 'input', datatype: 'FP32', shape, data }] });

interface Kind {
  readonly name: string;
  /** Frequency, relative to the other kinds. */
  readonly weight: number;
  readonly path: string;
  readonly init: RequestInit;
  /** `outputs` and `tensors` leave out times and what else may differ between two runs. */
  readonly compare: 'bytes' | 'outputs' | 'tensors' | 'status';
  /** The same request as nobody has asked it yet, `times` at once. */
  readonly anew?: { readonly times: number; request(seed: number): RequestInit };
}

const post = (headers: Record<string, string>, body: string | Uint8Array<ArrayBuffer>): RequestInit => ({
  method: 'POST',
  headers,
  body,
});
const ask = (
  name: string,
  weight: number,
  parameters: object,
  n: number,
  headers: Record<string, string> = {},
): Kind => ({
  name,
  weight,
  path: EXPLAIN,
  init: post({ ...JSON_TYPE, ...headers }, tensors(parameters, n)),
  compare: headers['Cache-Control'] ? 'outputs' : 'bytes',
});

function binary(parameters: Parameters, n: number): RequestInit {
  const input = float32([1, 3, 32, 32], Float32Array.from(pixels(n)));
  const { body, headerLength } = encodeRequest({ parameters, inputs: { input } });
  return post({ 'Content-Type': 'application/octet-stream', [HEADER_LENGTH]: String(headerLength) }, body);
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const GOOD: readonly Kind[] = [
  ...range(8).map((n) => ask('saliency, cached', 6, { method: 'saliency' }, n)),
  ...range(8).map((n) => ask('grad_cam, cached', 6, { method: 'grad_cam', target: n }, n)),
  ...range(4).map((n) => ask('occlusion, cached', 4, { method: 'occlusion', target: n }, n)),
  ...range(4).map((n) => ask('demo tenant, cached', 3, { method: 'saliency' }, n, DEMO)),
  ...range(4).map((n) => ask('saliency, computed', 2, { method: 'saliency' }, 20 + n, NO_STORE)),
  ...range(4).map((n) => ask('grad_cam, computed', 2, { method: 'grad_cam' }, 20 + n, NO_STORE)),
  ...range(2).map((n) => ask('rise, computed', 1, { method: 'rise', n_masks: 32, seed: n }, 20 + n, NO_STORE)),
  ...['jet', 'viridis', 'gray'].map(
    (colormap): Kind => ({
      name: 'image, cached',
      weight: 4,
      path: `${EXPLAIN}?method=grad_cam&colormap=${colormap}`,
      init: post({ 'Content-Type': 'image/jpeg', Accept: 'image/png' }, image as Uint8Array<ArrayBuffer>),
      compare: 'bytes',
    }),
  ),
  {
    name: 'bytes, cached',
    weight: 8,
    path: EXPLAIN,
    init: post({ ...JSON_TYPE, Accept: 'application/octet-stream' }, tensors({ method: 'saliency' }, 1)),
    compare: 'bytes',
  },
  {
    name: 'binary tensors, cached',
    weight: 6,
    path: EXPLAIN,
    init: binary({ method: 'saliency' }, 3),
    compare: 'tensors',
  },
  {
    name: 'binary tensors, infer',
    weight: 6,
    path: '/v2/models/cifar10/infer',
    init: binary({}, 3),
    compare: 'tensors',
  },
  ...['saliency', 'grad_cam'].flatMap((method) =>
    [1, 4].map(
      (times): Kind => ({
        name: `${method}, ${times === 1 ? 'never asked before' : `${times} at once, never asked before`}`,
        weight: 3,
        path: EXPLAIN,
        init: post(JSON_TYPE, tensors({ method }, 5)),
        compare: 'outputs',
        anew: { times, request: (seed) => post(JSON_TYPE, tensors({ method, seed }, 5)) },
      }),
    ),
  ),
  {
    name: 'infer',
    weight: 10,
    path: '/v2/models/cifar10/infer',
    init: post(JSON_TYPE, tensors({}, 2)),
    compare: 'outputs',
  },
  {
    name: 'estimate',
    weight: 8,
    path: `${EXPLAIN}/estimate`,
    init: post(JSON_TYPE, tensors({ method: 'rise' }, 2)),
    compare: 'bytes',
  },
  { name: 'methods', weight: 3, path: '/v2/methods', init: {}, compare: 'bytes' },
  { name: 'model', weight: 5, path: '/v2/models/cifar10', init: {}, compare: 'bytes' },
  { name: 'live', weight: 5, path: '/v2/health/live', init: {}, compare: 'bytes' },
];

const wrong = (name: string, path: string, init: RequestInit): Kind => ({
  name: `bad: ${name}`,
  weight: 1,
  path,
  init,
  compare: 'status',
});
const BAD: readonly Kind[] = [
  wrong('method', EXPLAIN, post(JSON_TYPE, tensors({ method: 'nothing' }))),
  wrong('model', '/v2/models/nothing/explain', post(JSON_TYPE, tensors({ method: 'saliency' }))),
  wrong('parameter', EXPLAIN, post(JSON_TYPE, tensors({ method: 'rise', n_masks: -1 }))),
  wrong('JSON', EXPLAIN, post(JSON_TYPE, '{"inputs": [')),
  wrong('shape', EXPLAIN, post(JSON_TYPE, tensors({ method: 'saliency' }, 0, pixels(0), [1, 3, 16, 64]))),
  wrong('NaN', EXPLAIN, post(JSON_TYPE, tensors({ method: 'saliency' }, 0, ['NaN', ...pixels(0).slice(1)]))),
  wrong(
    'half an image',
    `${EXPLAIN}?method=saliency`,
    post({ 'Content-Type': 'image/jpeg' }, new Uint8Array(image.subarray(0, 700))),
  ),
  wrong('content type', EXPLAIN, post({ 'Content-Type': 'text/plain' }, 'hello')),
  wrong('key', EXPLAIN, post({ ...JSON_TYPE, 'X-Api-Key': 'not a key' }, tensors({ method: 'saliency' }))),
  wrong('method of another tenant', EXPLAIN, post({ ...JSON_TYPE, ...DEMO }, tensors({ method: 'rise' }))),
  wrong('verb', EXPLAIN, { method: 'PUT', body: '' }),
  wrong('path', '/v2/nothing', {}),
  wrong('accept', EXPLAIN, post({ ...JSON_TYPE, Accept: 'text/csv' }, tensors({ method: 'saliency' }))),
];

interface Seen {
  readonly status: number;
  readonly text: string;
}

/** Maximum growth of workerd from the middle of the run to its end. */
const MAX_GROWTH = 1.05;

limitIsolates({ collectFully: true });
const work = mkdtempSync(join(tmpdir(), 'whylight-load-'));
const project = await makeProject();
const faults: string[] = [];
const times = new Map<string, number[]>();
let stop: (() => Promise<void>) | undefined;
try {
  const worker = await startWorker(await bundle(project.folder), { state: work, inspected: true });
  stop = worker.stop;
  const states = new Map<string, number>();
  const send = async ({ path, compare }: Kind, init: RequestInit): Promise<Seen> => {
    const response = await fetch(`${worker.address}${path}`, init);
    const state = response.headers.get('X-Whylight-Cache');
    if (state) states.set(state, (states.get(state) ?? 0) + 1);
    const bytes = Buffer.from(await response.arrayBuffer());
    if (compare === 'bytes') return { status: response.status, text: bytes.toString('base64') };
    if (compare === 'tensors') {
      const header = Number(response.headers.get(HEADER_LENGTH)) || 0;
      return { status: response.status, text: bytes.subarray(header).toString('base64') };
    }
    const body = JSON.parse(bytes.toString()) as { outputs?: unknown; code?: string };
    return { status: response.status, text: JSON.stringify(compare === 'outputs' ? body.outputs : body.code) };
  };
  console.log('what is right: every question once, and once more ...');
  const expected = new Map<Kind, Seen>();
  for (const kind of [...GOOD, ...BAD]) {
    const [first, again] = [await send(kind, kind.init), await send(kind, kind.init)];
    if (first.status !== again.status || first.text !== again.text) faults.push(`${kind.name} is not the same twice`);
    if (kind.compare === 'status' ? first.status < 400 || first.status >= 500 : first.status !== 200) {
      faults.push(`${kind.name} got ${first.status} in peace`);
    }
    expected.set(kind, first);
  }

  const judge = async (kind: Kind, init: RequestInit): Promise<void> => {
    const started = performance.now();
    const seen = await send(kind, init).catch((error: Error) => ({ status: 0, text: error.message }));
    const list = times.get(kind.name) ?? [];
    times.set(kind.name, list);
    list.push(performance.now() - started);
    const right = expected.get(kind) as Seen;
    if (seen.status === right.status && seen.text === right.text) return;
    faults.push(
      `${kind.name}: ${seen.status} ${seen.text.slice(0, 120)}, not ${right.status} ${right.text.slice(0, 60)}`,
    );
  };

  const lots = GOOD.flatMap((kind) => Array.from({ length: kind.weight }, () => kind));
  const pick = <T>(list: readonly T[], chance: number): T => list[Math.floor(chance * list.length)] as T;
  const chances = new Random(seed).uniform(2 * requests);
  const plan = range(requests).map((i) => {
    const [first, second] = chances.subarray(2 * i) as unknown as [number, number];
    return pick(first * 100 < bad ? BAD : lots, second);
  });
  const begun = performance.now();
  let [next, done] = [0, 0];
  const memory = new MemoryWatch({
    heap: () => worker.heap?.used() ?? Promise.resolve(Number.NaN),
    workerd: worker.memory,
  });
  const progress = setInterval(() => {
    if (process.stdout.isTTY) process.stdout.write(`\r${done} requests `);
  }, 250);
  await Promise.all(
    range(connections).map(async () => {
      while (limitMs > 0 ? performance.now() - begun < limitMs : next < plan.length) {
        const kind = plan[next++ % plan.length] as Kind;
        const { anew } = kind;
        const init = anew ? anew.request(1000 + next) : kind.init;
        await Promise.all(range(anew?.times ?? 1).map(() => judge(kind, init)));
        done += 1;
      }
    }),
  );
  clearInterval(progress);
  memory.stop();
  const took = performance.now() - begun;
  console.log(`\n${done} requests in ${seconds(took)}: ${((1000 * done) / took).toFixed(0)} a second`);
  for (const [name, list] of [...times].sort()) {
    const sorted = list.sort((a, b) => a - b);
    const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] as number).toFixed(0).padStart(6);
    console.log(`${String(list.length).padStart(7)}  ${name.padEnd(34)} p50 ${at(0.5)} ms  p99 ${at(0.99)} ms`);
  }
  console.log(`cache: ${[...states].map(([state, times]) => `${times} ${state}`).join(', ')}`);
  const { heap, workerd } = memory.series;
  console.log(`heap of the Worker's isolate, least of each tenth, MiB:  ${shown(lows(heap))}`);
  console.log(`workerd with all that stands in for the platform, MiB: ${shown(lows(workerd))}`);
  faults.push(...[growth('the heap', heap) ?? [], growth('workerd', workerd, MAX_GROWTH) ?? []].flat());
} finally {
  await stop?.();
  await project.remove();
  rmSync(work, { recursive: true, force: true });
}

for (const fault of faults.slice(0, 20)) console.log(`WRONG  ${fault}`);
console.log(faults.length === 0 ? 'nothing wrong' : `${faults.length} things wrong`);
process.exit(faults.length === 0 ? 0 : 1);
