/**
 * Memory of `whylight serve` with many models: `npm run bench:memory`; {@link HELP} lists the options.
 *
 * A server of its own gets one question after another: every model with every method. Its resident memory is sampled
 * throughout. Linux only.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PINNED_NODE } from '../scripts/tools.mjs';
import { reluChain } from '../test/support/relu-chain.ts';
import { flagsOf } from './support/flags.ts';
import { inspectUploads } from './support/inspect-uploads.ts';
import { answers, freePort, HOST, Processes } from './support/processes.ts';

const HELP = `Resident memory of whylight serve while many models are explained by many methods.

usage: npm run bench:memory -- [options]

  --models n       copies of the model, each with a digest of its own (default: 20)
  --methods a,b    methods that each of them is explained by (default: eight)
  --model folder   model to copy (default: models/cifar10)
  --image file     image to explain (default: examples/photos/ship.jpg)
  --inspections n  uploads that the server inspects meanwhile, as an origin (default: 16; 0 for a server without)
  --memory-mib n   the server's flag of that name (default: 768; 0 leaves it out)
  --help           this text

Ends with 1 when an answer is no answer, or when the memory exceeds --memory-mib.`;

const METHODS = 'saliency,input_x_gradient,guided_backprop,deconvolution,grad_cam,layer_cam,lrp,deep_lift';

const { values } = flagsOf(HELP, {
  models: { type: 'string', default: '20' },
  methods: { type: 'string', default: METHODS },
  model: { type: 'string', default: 'models/cifar10' },
  image: { type: 'string', default: 'examples/photos/ship.jpg' },
  inspections: { type: 'string', default: '16' },
  'memory-mib': { type: 'string', default: '768' },
});

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const methods = values.methods.split(',');
const limit = Number(values['memory-mib']);
const inspections = Number(values.inspections);
const secret = 'a secret that has more than 32 characters';
const work = mkdtempSync(join(tmpdir(), 'whylight-memory-'));
const processes = new Processes();
let max = 0;

try {
  const folders = Array.from({ length: Number(values.models) }, (_, i) => copyOf(values.model, `copy-${i}`));
  const port = await freePort();
  const flags = ['--port', String(port), '--model', folders.join(',')];
  const bound = limit > 0 ? ['--memory-mib', String(limit)] : [];
  const uploads = inspections > 0 ? ['--uploads', join(work, 'uploads')] : [];
  const child = processes.add(
    spawn(PINNED_NODE, [join(ROOT, 'src/cli/main.ts'), 'serve', ...flags, ...bound, ...uploads], {
      cwd: ROOT,
      stdio: 'ignore',
      env: { ...process.env, WHYLIGHT_ORIGIN_SECRET: secret },
    }),
  );
  await answers(`http://${HOST}:${port}/v2/health/live`, child);
  const sample = (): number => {
    max = Math.max(max, residentMib(child.pid as number));
    return residentMib(child.pid as number);
  };
  const timer = setInterval(sample, 50);
  console.log(`before the first question: ${sample().toFixed(0)} MiB`);
  const failed: string[] = [];
  const inspected = inspectUploads(`http://${HOST}:${port}`, secret, uploadedModels());
  for (const [i, folder] of folders.entries()) {
    for (const method of methods) {
      const response = await ask(`http://${HOST}:${port}`, folder.split('/').at(-1) as string, method);
      if (response !== 200) failed.push(`${method} of copy ${i}: ${response}`);
    }
    if (i % 5 === 4) console.log(`${i + 1} models x ${methods.length} methods: ${sample().toFixed(0)} MiB`);
  }
  const refusals = await inspected;
  if (inspections > 0) console.log(`${inspections - refusals.length} of ${inspections} uploads inspected`);
  for (const code of refusals) if (code !== 'origin_unavailable') failed.push(`an upload: ${code}`);
  clearInterval(timer);
  const metrics = await (await fetch(`http://${HOST}:${port}/metrics`)).text();
  for (const line of metrics.split('\n')) if (line.startsWith('whylight_memory')) console.log(line);
  for (const line of failed) console.log(line);
  console.log(`max resident memory: ${max.toFixed(0)} MiB${limit > 0 ? `, allowed ${limit} MiB` : ''}`);
  if (failed.length > 0 || (limit > 0 && max > limit)) process.exitCode = 1;
} finally {
  await processes.stop();
  rmSync(work, { recursive: true, force: true });
}

/** Copies a model's folder. Its file gets a digest of its own. */
function copyOf(folder: string, name: string): string {
  const copy = join(work, name);
  cpSync(join(ROOT, folder), copy, { recursive: true });
  const manifest = JSON.parse(readFileSync(join(copy, 'manifest.json'), 'utf8'));
  writeFileSync(join(copy, 'manifest.json'), JSON.stringify({ ...manifest, name }));
  const file = join(copy, manifest.file ?? 'model.onnx');
  writeFileSync(file, named(readFileSync(file), name));
  return copy;
}

/** Models to inspect, each with a digest of its own: those that take most time and those of the largest files. */
function uploadedModels(): Uint8Array[] {
  const kinds = [reluChain(500), readFileSync(join(ROOT, 'models/everyday/model.onnx'))];
  return Array.from({ length: inspections }, (_, i) => named(kinds[i % 2] as Uint8Array, `upload-${i}`));
}

/** Adds a doc_string to the end of an ONNX file. */
function named(model: Uint8Array, name: string): Uint8Array {
  const text = Buffer.from(name);
  return Buffer.concat([model, Buffer.from([0x32, text.length]), text]);
}

async function ask(address: string, model: string, method: string): Promise<number> {
  const response = await fetch(`${address}/v2/models/${model}/explain?method=${method}`, {
    method: 'POST',
    headers: { 'Content-Type': 'image/jpeg' },
    body: readFileSync(join(ROOT, values.image)),
  });
  await response.arrayBuffer();
  return response.status;
}

function residentMib(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}
