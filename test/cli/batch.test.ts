/** Batches over a real server, which is killed and started again, as a person runs them. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answers, freePort, HOST } from '../../bench/support/processes.ts';
import { Random } from '../../src/core/tensor/random.ts';
import { nodeCodecs } from '../../src/node/codecs.ts';
import { LAUNCHER, type Ran } from '../support/command-line.ts';
import { S3_ENVIRONMENT, startS3 } from '../support/s3-server.ts';

const IMAGES = 120;
const work = mkdtempSync(join(tmpdir(), 'whylight-batch-'));
const folder = join(work, 'images');
let port: number;
let server: ChildProcess;

/** PNG of random pixels. */
async function randomImage(seed: number): Promise<Uint8Array> {
  const pixels = new Random(seed).uniform(32 * 32 * 4);
  const data = Uint8Array.from(pixels, (value, i) => (i % 4 === 3 ? 255 : Math.floor(value * 256)));
  return nodeCodecs().encodePng({ width: 32, height: 32, data });
}

async function startServer(): Promise<void> {
  const args = [
    LAUNCHER,
    'serve',
    '--port',
    `${port}`,
    '--model',
    'models/cifar10',
    '--provider',
    'cpu',
    '--threads',
    '1',
  ];
  server = spawn(process.execPath, args, { stdio: 'ignore' });
  await answers(`http://${HOST}:${port}/v2/health/live`, server);
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

beforeAll(async () => {
  for (const label of ['cat', 'ship']) mkdirSync(join(folder, label), { recursive: true });
  for (let i = 0; i < IMAGES; i++) {
    writeFileSync(join(folder, i % 2 ? 'cat' : 'ship', `${i}.png`), await randomImage(i));
  }
  port = await freePort();
  await startServer();
}, 120_000);

afterAll(async () => {
  if (server.exitCode === null && server.signalCode === null) await kill(server);
  rmSync(work, { recursive: true, force: true });
});

function start(...args: string[]): { readonly child: ChildProcess; readonly ran: Promise<Ran> } {
  const env: NodeJS.ProcessEnv = { ...process.env, ...S3_ENVIRONMENT, NO_COLOR: '1' };
  let child: ChildProcess | undefined;
  const ran = new Promise<Ran>((resolve) => {
    child = execFile(process.execPath, [LAUNCHER, ...args], { env }, (_, stdout, stderr) =>
      resolve({ code: child?.exitCode ?? null, stdout, stderr }),
    );
  });
  return { child: child as unknown as ChildProcess, ran };
}

const batch = (out: string, inputs: string, ...more: string[]) =>
  start(
    'batch',
    inputs,
    '--model',
    'cifar10',
    '--method',
    'saliency',
    '--server',
    `http://${HOST}:${port}`,
    '-o',
    out,
    '--json',
    ...more,
  );

interface Line {
  readonly name: string;
  readonly truth?: string;
  readonly methods?: Record<string, object>;
  readonly error?: { readonly code: string };
}

const linesOf = (path: string): Line[] =>
  existsSync(path)
    ? readFileSync(path, 'utf8')
        .split('\n')
        .slice(1, -1)
        .map((line) => JSON.parse(line) as Line)
    : [];

interface ParquetRow {
  readonly name: string;
  readonly truth?: string;
  readonly method?: string;
  readonly label: string | null;
  readonly error: string | null;
  readonly record: string;
}

async function rowsOf(path: string): Promise<ParquetRow[]> {
  const rows = await parquetReadObjects({ file: await asyncBufferFromFile(path) });
  return rows.map((row) => JSON.parse(JSON.stringify(row)) as ParquetRow);
}

describe('whylight batch', () => {
  it('has each image exactly once after the server and the batch itself were killed', async () => {
    const out = join(work, 'killed.ndjson');
    const first = batch(out, folder, '--rate', '60');
    await expect.poll(() => linesOf(out).length).toBeGreaterThan(10);
    await kill(server);
    await startServer();
    const before = linesOf(out).length;
    await expect.poll(() => linesOf(out).length).toBeGreaterThan(before + 10);
    await kill(first.child);
    // A line that was cut off, as a machine leaves it that loses power.
    writeFileSync(out, `${readFileSync(out, 'utf8')}{"name": "ship/0.p`);
    const resumed = linesOf(out).length;
    const { code, stdout, stderr } = await batch(out, folder).ran;
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({ resumed, explained: IMAGES - resumed, failed: 0, left: 0 });
    const names = linesOf(out).map(({ name }) => name);
    expect(names.length).toBe(IMAGES);
    expect(new Set(names).size).toBe(IMAGES);
    expect(linesOf(out).every(({ methods }) => methods?.saliency !== undefined)).toBe(true);
    // A further run has nothing to do.
    expect(JSON.parse((await batch(out, folder).ran).stdout)).toMatchObject({ resumed: IMAGES, explained: 0 });
  });

  it('writes results that report turns into a page', async () => {
    const page = join(work, 'report.html');
    const { code, stdout } = await start('report', '--results', join(work, 'killed.ndjson'), '-o', page).ran;
    expect([code, stdout]).toEqual([0, `${IMAGES} images\nwritten to ${page}\n`]);
    expect(readFileSync(page, 'utf8')).toContain('ship/0.png');
    expect(linesOf(join(work, 'killed.ndjson')).every(({ name, truth }) => truth === name.split('/')[0])).toBe(true);
  });

  it('writes Parquet with each image exactly once after the batch was killed, which report reads', async () => {
    const out = join(work, 'results.parquet');
    const first = batch(out, folder, '--rate', '60');
    await expect.poll(() => linesOf(`${out}.ndjson`).length).toBeGreaterThan(10);
    await kill(first.child);
    expect(existsSync(out)).toBe(false);
    expect((await batch(out, folder).ran).code).toBe(0);
    const rows = await rowsOf(out);
    expect(new Set(rows.map(({ name }) => name)).size).toBe(IMAGES);
    expect(rows.map(({ record }) => JSON.parse(record) as Line)).toEqual(linesOf(`${out}.ndjson`));
    expect(rows.every(({ name, truth, method }) => truth === name.split('/')[0] && method === 'saliency')).toBe(true);
    const [from, like] = [join(work, 'parquet.html'), join(work, 'ndjson.html')];
    expect((await start('report', '--results', out, '-o', from).ran).stdout).toContain(`${IMAGES} images\n`);
    await start('report', '--results', `${out}.ndjson`, '-o', like).ran;
    const pageOf = (path: string) => readFileSync(path, 'utf8').replaceAll(/whylight report [^<"]*/g, '');
    expect(pageOf(from)).toBe(pageOf(like));
  });

  it('names the error of an input in its row of Parquet', async () => {
    const [list, out] = [join(work, 'broken.txt'), join(work, 'failed.parquet')];
    writeFileSync(join(work, 'no-image.png'), 'no image');
    writeFileSync(list, `${join(work, 'no-image.png')}\n${join(folder, 'cat', '1.png')}\n`);
    expect((await batch(out, `@${list}`).ran).code).toBe(1);
    const rows = await rowsOf(out);
    expect(rows.map(({ error, label }) => [error?.split(':')[0] ?? null, label === null])).toEqual(
      expect.arrayContaining([
        ['invalid_image', true],
        [null, false],
      ]),
    );
  });

  it('refuses a file that is named as Parquet and is none', async () => {
    const path = join(work, 'none.parquet');
    writeFileSync(path, 'PAR1 and nothing else PAR1');
    const { code, stderr } = await start('report', '--results', path, '-o', join(work, 'none.html')).ran;
    expect([code, stderr]).toEqual([1, expect.stringContaining('is no file of results')]);
  });

  it('refuses to write a file that another batch writes', async () => {
    const out = join(work, 'held.ndjson');
    writeFileSync(`${out}.lock`, String(process.pid));
    expect(await batch(out, folder).ran).toMatchObject({ code: 1, stderr: expect.stringContaining('conflict') });
    // A lock of a process that is gone.
    writeFileSync(`${out}.lock`, '4194304999');
    expect((await batch(out, join(folder, 'cat', '1.png')).ran).code).toBe(0);
    expect(existsSync(`${out}.lock`)).toBe(false);
  });

  it('notes an input that cannot be explained, and goes on', async () => {
    const list = join(work, 'list.txt');
    writeFileSync(join(work, 'broken.png'), 'no image');
    writeFileSync(list, `${join(work, 'broken.png')}\n${join(folder, 'cat', '1.png')}\n`);
    const out = join(work, 'failed.ndjson');
    const { code, stdout } = await batch(out, `@${list}`).ran;
    expect([code, JSON.parse(stdout)]).toMatchObject([1, { explained: 1, failed: 1 }]);
    expect(linesOf(out).flatMap(({ error }) => error?.code ?? [])).toEqual(['invalid_image']);
  });

  it('notes addresses that cannot be reached, and explains the images behind them', async () => {
    const gone = createServer((_, answer) => answer.destroy());
    await once(gone.listen(0, HOST), 'listening');
    const list = join(work, 'unreachable.txt');
    const dead = `http://${HOST}:${(gone.address() as AddressInfo).port}/x.png`;
    const images = ['1', '3'].map((name) => join(folder, 'cat', `${name}.png`));
    writeFileSync(list, [images[0], dead, `http://${HOST}:1/y.png`, images[1]].join('\n'));
    const out = join(work, 'unreachable.ndjson');
    try {
      const { code, stdout } = await batch(out, `@${list}`, '--concurrency', '1', '--max-cost', '1').ran;
      expect([code, JSON.parse(stdout)]).toMatchObject([1, { explained: 2, failed: 2, left: 0 }]);
      expect(linesOf(out).map(({ name, error }) => [name, error?.code])).toEqual([
        [images[0], undefined],
        [dead, 'not_found'],
        [`http://${HOST}:1/y.png`, 'not_found'],
        [images[1], undefined],
      ]);
    } finally {
      gone.close();
    }
  });

  it('fetches an address again where its body is cut off', async () => {
    const image = readFileSync(join(folder, 'cat', '1.png'));
    let asked = 0;
    const flaky = createServer((_, answer) => {
      answer.writeHead(200, { 'Content-Length': image.byteLength });
      if (asked++ === 0) answer.write(image.subarray(0, 100), () => answer.destroy());
      else answer.end(image);
    });
    await once(flaky.listen(0, HOST), 'listening');
    const list = join(work, 'flaky.txt');
    const address = `http://${HOST}:${(flaky.address() as AddressInfo).port}/x.png`;
    writeFileSync(list, address);
    const out = join(work, 'flaky.ndjson');
    try {
      const { code, stdout } = await batch(out, `@${list}`).ran;
      expect([code, JSON.parse(stdout)]).toMatchObject([0, { explained: 1, failed: 0 }]);
      expect(linesOf(out)).toMatchObject([{ name: address }]);
    } finally {
      flaky.close();
    }
  });

  it('stops before the limit of cost, and continues with more', async () => {
    const out = join(work, 'cost.ndjson');
    const free = JSON.parse((await batch(out, join(folder, 'ship', '0.png')).ran).stdout) as { usd: number };
    expect(free.usd).toBeGreaterThan(0);
    const enough = String(free.usd * 5.5);
    const { code, stdout } = await batch(out, join(folder, 'ship'), '--max-cost', enough).ran;
    expect([code, JSON.parse(stdout)]).toMatchObject([1, { left: IMAGES / 2 - 4 }]);
    expect((JSON.parse(stdout) as { usd: number }).usd).toBeLessThanOrEqual(free.usd * 5.5);
  });

  it('reads a bucket page by page, and reads nothing twice', async () => {
    const objects = new Map<string, Uint8Array>();
    for (let i = 0; i < 8; i++) objects.set(`in/cat/${i} & more+.png`, await randomImage(1000 + i));
    objects.set('in/notes.md', new TextEncoder().encode('no input'));
    objects.set('other/1.png', await randomImage(1));
    const s3 = await startS3('photos', objects);
    try {
      const out = join(work, 'bucket.ndjson');
      const run = () => batch(out, 's3://photos/in/', '--endpoint', s3.endpoint).ran;
      const { code, stdout, stderr } = await run();
      expect([code, stderr, JSON.parse(stdout)]).toMatchObject([0, '', { explained: 8 }]);
      expect(
        linesOf(out)
          .map(({ name }) => name)
          .sort(),
      ).toEqual([...objects.keys()].slice(0, 8).sort());
      const reads = s3.reads();
      expect(JSON.parse((await run()).stdout)).toMatchObject({ resumed: 8, explained: 0 });
      expect(s3.reads()).toBe(reads);
      const denied = await batch(out, 's3://others/', '--endpoint', s3.endpoint).ran;
      expect(denied).toMatchObject({ code: 1, stderr: expect.stringContaining('NoSuchBucket') });
    } finally {
      await s3.stop();
    }
  });

  it('explains on this machine without a server, with the same classes and maps', async () => {
    const [here, there] = [join(work, 'here.ndjson'), join(work, 'there.ndjson')];
    const image = join(folder, 'cat');
    await start('batch', join(image, '1.png'), '--model', 'cifar10', '--method', 'saliency', '-o', here).ran;
    await batch(there, join(image, '1.png')).ran;
    const methodsOf = (path: string) =>
      linesOf(path).map(({ methods }) => methods?.saliency as { target: string; map: object });
    const [ours, theirs] = [methodsOf(here), methodsOf(there)];
    expect(ours).toHaveLength(1);
    expect(ours[0]?.target).toBe(theirs[0]?.target);
    expect(ours[0]?.map).toEqual(theirs[0]?.map);
  });
});
