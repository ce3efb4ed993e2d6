/**
 * Photos as they come from phones, explained at the edge: `npm run bench:photos`; {@link HELP} lists the options.
 *
 * The real Worker in workerd. Heap and buffers of its isolate are read over V8's inspector, and the memories of
 * WebAssembly from the maps of the process, before and after. The peak is what the process grew by, all of it counted for
 * the isolate, after an answer about a small image.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ImageType } from '../src/core/image/formats.ts';
import { resizePlaced } from '../src/core/image/placement.ts';
import { sniff } from '../src/core/image/sniff.ts';
import { nodeCodecs } from '../src/node/codecs.ts';
import { type Answered, post } from './support/ask.ts';
import { flagsOf } from './support/flags.ts';
import { limitIsolates } from './support/isolates.ts';
import { makeProject } from './support/project.ts';
import { bundle, type RunningWorker, startWorker } from './support/worker.ts';

const HELP = `Photos explained at the edge: status, time and memory of the isolate.

usage: npm run bench:photos -- <folder> [options]

  folder          with image files
  --model file    ONNX model that takes images (default: the embedded one)
  --method id     (default: grad_cam)
  --collect       collect all garbage each time that V8 collects some: what is held, in place of what an isolate has
  --help          this text`;

const { values, positionals } = flagsOf(HELP, {
  model: { type: 'string' },
  method: { type: 'string', default: 'grad_cam' },
  collect: { type: 'boolean', default: false },
});
const [folder] = positionals;
if (folder === undefined) throw new TypeError(`Name a folder with image files.\n\n${HELP}`);
const MIB = 2 ** 20;
const LIMIT = 110 * MIB;
const TYPES: Readonly<Record<string, string>> = { heic: 'image/heic', avif: 'image/avif' };
const EXTENSION = /\.(jpe?g|png|webp|heic|avif)$/i;

limitIsolates({ collectFully: values.collect });
const small = new Uint8Array(readFileSync('examples/photos/cat.jpg'));
const name = values.model === undefined ? 'cifar10' : 'bench';
const project = await makeProject(values.model === undefined ? {} : { model: values.model });
let worst = 0;
try {
  const bundled = await bundle(project.folder);
  console.log(
    '| file | status | processor | before | at the peak | after two | answer |\n|---|---|---|---|---|---|---|',
  );
  for (const file of readdirSync(folder).filter((each) => EXTENSION.test(each))) {
    // Each in a fresh isolate, as the first answer of one is the one with the most garbage.
    const worker = await startWorker(bundled, { inspected: true });
    try {
      await explainPhoto(worker, join(folder, file));
    } finally {
      await worker.stop();
    }
  }
} finally {
  await project.remove();
}
console.log(`\nlargest isolate: ${mib(worst)}; at most ${mib(LIMIT)} wanted`);
process.exitCode = worst < LIMIT ? 0 : 1;

async function explainPhoto(worker: RunningWorker, path: string): Promise<void> {
  const bytes = new Uint8Array(readFileSync(path));
  const url = `${worker.address}/v2/models/${name}/explain?method=${values.method}`;
  const headers = { Accept: 'image/png', 'Cache-Control': 'no-store' };
  const ask = (type: string, body: Uint8Array): Promise<Answered> =>
    post(url, { ...headers, 'Content-Type': type }, body);
  await ask('image/jpeg', small);
  const before = await isolateMemory(worker);
  const growth = await worker.peak(() => ask(typeOf(path, bytes), bytes));
  const started = await worker.processorTime();
  const { status, body } = await ask(typeOf(path, bytes), bytes);
  const processor = ((await worker.processorTime()) - started) / 1e6;
  const after = await isolateMemory(worker);
  worst = Math.max(worst, after, before + growth);
  const cells = [
    basename(path),
    status,
    `${processor.toFixed(0)} ms`,
    mib(before),
    mib(before + growth),
    mib(after),
    status === 200 ? await drawn(bytes, body) : JSON.parse(body.toString()).detail,
  ];
  console.log(`| ${cells.join(' | ')} |`);
}

/** Bytes of heap, buffers and WebAssembly; V8 does not count the last among the buffers. */
async function isolateMemory(worker: RunningWorker): Promise<number> {
  return ((await worker.heap?.used()) ?? 0) + (await worker.wasmMemory());
}

function mib(bytes: number): string {
  return `${(bytes / MIB).toFixed(0)} MiB`;
}

/** Size of the drawing, and the share of its pixels in which the upright photo shows through unchanged. */
async function drawn(photo: Uint8Array, png: Uint8Array): Promise<string> {
  const codecs = nodeCodecs();
  const drawing = await codecs.decode(png, { detail: Number.POSITIVE_INFINITY });
  const image = await codecs.decode(photo);
  const { width, height } = image;
  const below = resizePlaced(
    { image, placement: { x: 0, y: 0, width, height } },
    drawing.width > drawing.height ? drawing.width : drawing.height,
  );
  if (below.image.width !== drawing.width) return `WRONG size ${drawing.width}x${drawing.height}`;
  let same = 0;
  for (let i = 0; i < drawing.data.length; i += 4) {
    const off = [0, 1, 2].map((c) => Math.abs((drawing.data[i + c] as number) - (below.image.data[i + c] as number)));
    if (Math.max(...off) <= 2) same++;
  }
  const share = (400 * same) / drawing.data.length;
  return `${drawing.width}x${drawing.height}, ${(png.length / 1e6).toFixed(2)} MB, ${share.toFixed(0)} % unchanged`;
}

function typeOf(path: string, bytes: Uint8Array): string | ImageType {
  return TYPES[path.split('.').at(-1)?.toLowerCase() ?? ''] ?? sniff(bytes).type;
}
