/**
 * A batch whose server and whose own process are killed: `npm run bench:batch`; {@link HELP} lists the options.
 *
 * Small images of random pixels, the real command and the real server in processes of their own. Counts how often each
 * image is in the results: exactly once is right.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PINNED_NODE } from '../scripts/tools.mjs';
import { Random } from '../src/core/tensor/random.ts';
import { nodeCodecs } from '../src/node/codecs.ts';
import { flagsOf } from './support/flags.ts';
import { answers, freePort, HOST, Processes, seconds } from './support/processes.ts';

const HELP = `A batch whose server and whose own process are killed.

usage: npm run bench:batch -- [options]

  --images n   images (default: 10000)
  --kills n    how often the server is killed (default: 3); the batch itself is killed once
  --help       this text

Ends with 1 when an image is not in the results exactly once.`;

const { values } = flagsOf(HELP, {
  images: { type: 'string', default: '10000' },
  kills: { type: 'string', default: '3' },
});
const [images, kills] = [Number(values.images), Number(values.kills)];

const work = mkdtempSync(join(tmpdir(), 'whylight-batch-'));
const folder = join(work, 'images');
const out = join(work, 'results.ndjson');
const processes = new Processes();
const port = await freePort();
const SIDE = 32;

const written = (): number => {
  try {
    return readFileSync(out, 'utf8').split('\n').length - 2;
  } catch {
    return 0;
  }
};
const reaches = async (count: number): Promise<void> => {
  while (written() < count) await sleep(100);
};

async function startServer(): Promise<ChildProcess> {
  const args = ['src/cli/whylight.mjs', 'serve', '--port', `${port}`, '--model', 'models/cifar10', '--provider', 'cpu'];
  const child = processes.add(spawn(PINNED_NODE, args, { stdio: 'ignore' }));
  await answers(`http://${HOST}:${port}/v2/health/live`, child);
  return child;
}

function startBatch(): ChildProcess {
  const question = ['--model', 'cifar10', '--method', 'grad_cam', '--server', `http://${HOST}:${port}`];
  const args = ['src/cli/whylight.mjs', 'batch', folder, ...question, '-o', out];
  return processes.add(spawn(PINNED_NODE, args, { stdio: ['ignore', 'inherit', 'inherit'] }));
}

let isRight = false;
try {
  mkdirSync(folder);
  for (let i = 0; i < images; i++) {
    const pixels = new Random(i).uniform(SIDE * SIDE * 4);
    const data = Uint8Array.from(pixels, (value, at) => (at % 4 === 3 ? 255 : Math.floor(value * 256)));
    writeFileSync(join(folder, `${i}.png`), await nodeCodecs().encodePng({ width: SIDE, height: SIDE, data }));
  }
  let server = await startServer();
  const begun = performance.now();
  let batch = startBatch();
  for (let kill = 0; kill < kills; kill++) {
    await reaches((images * (kill + 1)) / (kills + 2));
    console.log(`killed the server after ${written()} images`);
    server.kill('SIGKILL');
    await once(server, 'exit');
    await sleep(2000);
    server = await startServer();
  }
  await reaches((images * (kills + 1)) / (kills + 2));
  batch.kill('SIGKILL');
  await once(batch, 'exit');
  console.log(`killed the batch after ${written()} images`);
  batch = startBatch();
  await once(batch, 'exit');
  const names = readFileSync(out, 'utf8')
    .split('\n')
    .slice(1, -1)
    .map((line) => JSON.parse(line) as { readonly name: string; readonly error?: object });
  const distinct = new Set(names.map(({ name }) => name)).size;
  const failed = names.filter(({ error }) => error !== undefined).length;
  console.log(
    `${images} images in ${seconds(performance.now() - begun)}: ${names.length} results, ${distinct} distinct, ${failed} failed`,
  );
  isRight = names.length === images && distinct === images && failed === 0;
} finally {
  await processes.stop();
  rmSync(work, { recursive: true, force: true });
}
console.log(isRight ? 'each image exactly once' : 'NOT each image exactly once');
process.exit(isRight ? 0 : 1);
